"""Which files a capture has imported or read: the host remembers an answer while none of them has changed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

# Path, modification time in nanoseconds, size in bytes.
File = tuple[str, int, int]
# When a folder last changed, in nanoseconds, and the names in it that count.
Listing = tuple[int, frozenset[str]]

# Names in folders that come and go: an editor's files, what Python compiles.
_PASSING = re.compile(r"^\.|^__pycache__$|~$")

_known: set[str] = set()
_ahead: dict[str, File] = {}
_decided: dict[str, File] = {}
_read: set[str] = set()
# Folders whose names were asked for, by code and by imports, and what they held.
_listed: set[str] = set()
_folders: dict[str, Listing] = {}


class _Watch:
    """Whether reading is noted, which cannot be taken back where it is in place."""

    in_place = on = False


def remember_start() -> None:
    """What is imported by now belongs to the agent: torch stands for all of it."""
    _known.update(sys.modules)


def remember_ahead(own: str | None = None, since: int = sys.maxsize) -> None:
    """What is imported and was read by now was so ahead, for captures that need it: it counts as imported in each of them.

    All but `own`, the analysed file. What has changed `since` a time in nanoseconds may have been read as it was before.
    What is read between this and the capture is not noted.
    """
    for path in {*_new_paths(), *_read_paths()} - {own}:
        file = _state(path)
        if file is not None:
            _ahead[path] = file if file[1] < since else (path, 0, 0)
    if _Watch.on:
        _folders.update((folder, _listing(folder)) for folder in {*_outside(_listed), *sys.path_importer_cache})
    _Watch.on = False
    _known.update(sys.modules)


def depend_on(files: Iterable[Sequence[Any]]) -> None:
    """What was imported ahead depends on these files too."""
    _decided.update((path, (path, time, size)) for path, time, size in files)


def changed() -> bool:
    """Whether a file that was imported or read ahead, or decided what is, is another one now, or a folder holds others."""
    return any(_state(path) != file for path, file in (*_ahead.items(), *_decided.items())) or any(
        _listing(folder, known) != known for folder, known in _folders.items()
    )


def watch_reads() -> None:
    """Notes every file that is opened from now on in this process, and every folder that is listed."""
    if not _Watch.in_place:
        sys.addaudithook(_note)
    _Watch.in_place = _Watch.on = True


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if not _Watch.on or not arguments or not isinstance(arguments[0], str):
        return
    if event == "open":
        _read.add(arguments[0])
    elif event in ("os.listdir", "os.scandir"):
        _listed.add(arguments[0])


def files(own: str | None) -> list[File]:
    """The interpreter, torch, and what was imported or read since the start but `own`, the analysed file."""
    import torch

    paths = {sys.executable, torch.__file__, *_new_paths(), *_read_paths()}
    found = [_state(path) for path in sorted(paths) if path != own and path not in _ahead]
    return sorted([*_ahead.values(), *(file for file in found if file is not None)])


def _read_paths() -> Iterable[str]:
    """Files that were opened, but compiled ones: those are as their sources."""
    return (path for path in _outside(_read) if not path.endswith(".pyc"))


def _outside(paths: Iterable[str]) -> Iterable[str]:
    """Those that are not the system's own."""
    return (os.path.abspath(path) for path in paths if not path.startswith(("/proc/", "/sys/", "/dev/")))


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


def _listing(folder: str, known: Listing | None = None) -> Listing:
    """What a folder holds; as it is `known` where only files of no account came and went: an editor's, compiled ones."""
    try:
        time = os.stat(folder).st_mtime_ns
        if known is not None and time == known[0]:
            return known
        names = frozenset(name for name in os.listdir(folder) if not _PASSING.search(name))
    except OSError:
        return 0, frozenset()
    return known if known is not None and names == known[1] else (time, names)
