"""The heap of glibc: how many bytes of what a program allocates lie in pages that the system must clear first.

As malloc/malloc.c of glibc 2.36 has it, with one arena: blocks from a threshold on are mapped by themselves and given back
when they are freed, which raises the threshold to their size, up to 32 MiB, and the other one, above which the free end of the
heap is given back, to twice that. Below it, blocks take the smallest hole that holds them, else the heap grows.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Hashable

_PAGE = 4096
_CHUNK = 16  # alignment of chunks, whose header takes half of it
_ALIGNED = 64  # of tensors: posix_memalign asks for so much more
_FIRST_THRESHOLD = 128 << 10
_MOST_THRESHOLD = 32 << 20


class Heap:
    """Blocks by a key of the caller's choice."""

    def __init__(self) -> None:
        self._mapped_from = self._trimmed_from = float(_FIRST_THRESHOLD)
        self._holes: list[tuple[int, int]] = []  # (place, size), by place; none of them ends at the top
        self._top = self._end = 0  # of the blocks, and of the memory whose pages the system has cleared
        self._blocks: dict[Hashable, tuple[int | None, int]] = {}

    def allocate(self, key: Hashable, data: float) -> int:
        """Takes a block of so many bytes. Returns the bytes in fresh pages."""
        size = _rounded(int(data) + _ALIGNED + _CHUNK // 2, _CHUNK)
        hole = min((number for number, (_, room) in enumerate(self._holes) if room >= size),
                   key=lambda number: self._holes[number][1], default=None)  # fmt: skip
        if hole is not None:
            self._fill(hole, key, size)
            return 0
        if size >= self._mapped_from and self._end - self._top < size:
            size = _rounded(size + _CHUNK // 2, _PAGE)
            self._blocks[key] = None, size
            return size
        self._blocks[key] = self._top, size
        self._top += size
        fresh = max(0, self._top - self._end)
        self._end = max(self._end, self._top)
        return fresh

    def free(self, key: Hashable) -> None:
        """Gives a block back."""
        place, size = self._blocks.pop(key)
        if place is None:
            if self._mapped_from < size <= _MOST_THRESHOLD:
                self._mapped_from, self._trimmed_from = size, 2 * size
            return
        self._leave(place, size)
        if self._holes and sum(self._holes[-1]) == self._top:
            self._top = self._holes.pop()[0]
            if self._end - self._top >= self._trimmed_from:
                self._end = self._top

    def _fill(self, hole: int, key: Hashable, size: int) -> None:
        place, room = self._holes[hole]
        if room > size:
            self._holes[hole] = place + size, room - size
        else:
            del self._holes[hole]
        self._blocks[key] = place, size

    def _leave(self, place: int, size: int) -> None:
        """Makes a hole, one with those beside it."""
        number = bisect(self._holes, (place, size))
        if number < len(self._holes) and self._holes[number][0] == place + size:
            size += self._holes.pop(number)[1]
        if number and sum(self._holes[number - 1]) == place:
            number -= 1
            place, before = self._holes.pop(number)
            size += before
        self._holes.insert(number, (place, size))


def _rounded(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple
