"""Which files a capture has imported or read: the host remembers an answer while none of them has changed."""

from __future__ import annotations

import contextlib
import os
import sys

# Path, modification time in nanoseconds, size in bytes.
File = tuple[str, int, int]

_at_start: set[str] = set()
_read: set[str] = set()


def remember_start() -> None:
    """What is imported by now belongs to the agent: torch stands for all of it."""
    _at_start.update(sys.modules)


def watch_reads() -> None:
    """Notes every file that is opened from now on in this process."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str):
            _read.add(arguments[0])

    sys.addaudithook(hook)


def files(own: str | None) -> list[File]:
    """The interpreter, torch, and what was imported or read since the start but `own`, the analysed file."""
    import torch

    read = {os.path.abspath(path) for path in _read if not path.startswith(("/proc/", "/sys/", "/dev/"))}
    paths = {sys.executable, torch.__file__, *(path for path in read if path != own and not path.endswith(".pyc"))}
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if name not in _at_start and isinstance(path, str) and path != own:
            paths.add(path)
    found: list[File] = []
    for path in sorted(paths):
        with contextlib.suppress(OSError):
            status = os.stat(path)
            found.append((path, status.st_mtime_ns, status.st_size))
    return found
