"""Confinement of the process that runs the user's code. In full on Linux; elsewhere what the platform gives.

`confine` is called in a fork before any of the user's code, and `limit` when what it may use is known. Each mechanism is
tried on its own, and what is missing is left out: `probe` says what holds.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import sys

from .limits import Limits, apply_lasting, drop_capabilities
from .limits import apply as limit

__all__ = ["Limits", "confine", "end_with", "limit", "mechanisms"]

_EVERYWHERE_WRITABLE = (os.devnull,)


def confine(scratch: str, parent: int, *, with_landlock: bool = True, forks: bool = False) -> None:
    """Gives up all rights but computing, reading files, and writing below `scratch`.

    `parent` is the process to end with. Without Landlock (as in kernels that lack it) nothing can be written at all.
    A process that `forks` may start and end processes like itself, and no programs.
    """
    apply_lasting()
    if sys.platform == "linux":
        _confine_on_linux(scratch, parent, with_landlock, forks)


def _confine_on_linux(scratch: str, parent: int, with_landlock: bool, forks: bool) -> None:
    from . import seccomp
    from .landlock import restrict

    with contextlib.suppress(OSError, KeyError):
        drop_capabilities(platform.machine())
    end_with(parent)
    restricted = False
    if with_landlock:
        with contextlib.suppress(OSError):
            restricted = restrict((scratch, *_EVERYWHERE_WRITABLE)) > 0
    with contextlib.suppress(OSError):
        seccomp.restrict(writing=restricted, forks=forks)


def end_with(parent: int) -> None:
    """This process ends when `parent`, which has forked it, does."""
    if sys.platform == "linux":
        from . import kernel

        with contextlib.suppress(OSError):
            kernel.die_with_parent(signal.SIGKILL)
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)


def mechanisms() -> dict[str, object]:
    """What this platform has: Landlock's version (0: none), and whether system calls can be filtered."""
    if sys.platform != "linux":
        return {"landlock": 0, "seccomp": False}
    from . import landlock, seccomp

    return {"landlock": landlock.version(), "seccomp": seccomp.supported()}
