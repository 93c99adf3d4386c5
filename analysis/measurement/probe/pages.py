"""What the system does for a call: it clears pages of memory that the allocator gave back after the one before."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


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


def _usage() -> tuple[float, float] | None:
    """Bytes in fresh pages and the system's seconds of this process so far."""
    if sys.platform == "win32":
        return None
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_minflt * resource.getpagesize(), used.ru_stime
