"""The agent's memory in huge pages: a fork copies the entries of its page tables, and these have 512 times fewer.

With torch imported, a fork and its end take about 25 ms of the system's time in pages of 4 KiB and 7 ms in huge ones (x86-64,
Linux 6.18). The heap of the C library is asked for in them when the process starts (glibc's tunable `glibc.malloc.hugetlb`); what
Python allocates on its own is moved piece by piece, with `MADV_COLLAPSE` (Linux 6.1).
"""

from __future__ import annotations

import contextlib
import sys

_HUGE = 2 << 20
_PIECE = 4 * _HUGE  # moved at once, in about 15 ms


class HugePages:
    """Moves the writable anonymous memory of this process into huge pages, a piece at each call; around again at the end, as
    what a process writes to while a fork of it lives falls apart into small ones."""

    def __init__(self) -> None:
        self._pieces: list[int] = []
        self._moved = 1 if sys.platform == "linux" else 0  # in this round; after one in vain there is none

    def move_some(self) -> None:
        """The next piece that can be moved. Does nothing where the system knows no way."""
        if not self._pieces and self._moved:
            self._pieces, self._moved = _pieces(), 0
        while self._pieces:
            if _collapse(self._pieces.pop()):
                self._moved += 1
                return


def _pieces() -> list[int]:
    """Where pieces begin that lie within one region of memory which no file is behind."""
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError), open("/proc/self/maps", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            bounds, rights, _, _, inode, *name = line.split()
            if inode == "0" and rights.startswith("rw") and (not name or name[0] == "[heap]"):
                first, last = (int(bound, 16) for bound in bounds.split("-"))
                found.extend(range(-(-first // _HUGE) * _HUGE, last - _PIECE + 1, _PIECE))
    return found


def _collapse(start: int) -> bool:
    """Whether a piece is in huge pages now."""
    from .confine import kernel

    try:
        kernel.move_into_huge_pages(start, _PIECE)
    except OSError:
        return False
    return True
