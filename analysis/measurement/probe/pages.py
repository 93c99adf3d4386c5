"""What the system does for a call: it clears pages of memory that the allocator gave back after the one before."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Callable
from typing import Any

import torch


class Cleared:
    """A call that is counted, and what the system spends on memory meanwhile."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call, self._calls, self._before = call, 0, _usage()

    def __call__(self) -> object:
        self._calls += 1
        return self._call()

    @property
    def each(self) -> dict[str, Any] | None:
        """Bytes in fresh pages and the system's seconds (of all threads), a call; None where nothing counts them."""
        after = _usage()
        if self._before is None or after is None or not self._calls:
            return None
        fresh, seconds = ((now - then) / self._calls for now, then in zip(after, self._before, strict=True))
        return {"bytes": fresh, "seconds": seconds}


def cleared(elements: int) -> None:
    """Writes FP32 elements to memory that is new to the process, so that the system clears it, and gives it back."""
    private = {} if sys.platform == "win32" else {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS}
    with mmap.mmap(-1, 4 * elements, **private) as memory:
        data = torch.frombuffer(memory, dtype=torch.float32)
        data.fill_(1.0)
        del data  # which would keep the memory


def _usage() -> tuple[float, float] | None:
    """Bytes in fresh pages and the system's seconds of this process so far."""
    if sys.platform == "win32":
        return None
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_minflt * resource.getpagesize(), used.ru_stime
