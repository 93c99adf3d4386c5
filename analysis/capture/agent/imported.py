"""Which files a capture has imported or read: the host remembers an answer while none of them has changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

# Path, modification time in nanoseconds, size in bytes.
File = tuple[str, int, int]

_known: set[str] = set()
_ahead: dict[str, File] = {}
_read: set[str] = set()


def remember_start() -> None:
    """What is imported by now belongs to the agent: torch stands for all of it."""
    _known.update(sys.modules)


def remember_ahead() -> None:
    """What is imported by now was imported ahead, for captures that need it: it counts as imported in each of them."""
    for path in _new_paths():
        file = _state(path)
        if file is not None:
            _ahead[path] = file
    _known.update(sys.modules)


def changed() -> bool:
    """Whether a file that was imported ahead is another one now."""
    return any(_state(path) != file for path, file in _ahead.items())


def watch_reads() -> None:
    """Notes every file that is opened from now on in this process."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str):
            _read.add(arguments[0])

    sys.addaudithook(hook)


def files(own: str | None) -> list[File]:
    """The interpreter, torch, and what was imported or read since the start but `own`, the analysed file."""
    import torch

    read = (os.path.abspath(path) for path in _read if not path.startswith(("/proc/", "/sys/", "/dev/")))
    paths = {sys.executable, torch.__file__, *_new_paths(), *(path for path in read if not path.endswith(".pyc"))}
    found = [_state(path) for path in sorted(paths) if path != own and path not in _ahead]
    return [*_ahead.values(), *(file for file in found if file is not None)]


def _new_paths() -> Iterable[str]:
    """Files of the modules that were imported since the last look; the known ones stay untouched in memory."""
    for name in sys.modules.keys() - _known:
        path = getattr(sys.modules.get(name), "__file__", None)
        if isinstance(path, str):
            yield path


def _state(path: str) -> File | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return path, status.st_mtime_ns, status.st_size
