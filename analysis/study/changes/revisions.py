"""The files of a revision: a folder, or a commit that is unpacked beside the cache."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ...discovery import UsageError
from ...discovery.dependents import dependents
from ...lint.files import python_files

_KEPT = 8
_CONFIGURATION = frozenset({".json", ".yaml", ".yml", ".toml", ".cfg", ".ini"})


@dataclass(frozen=True, slots=True)
class Revision:
    """A name and the folder with its files."""

    name: str
    folder: Path


def revision(name: str | None, place: Path) -> Revision:
    """The folder of this name, the commit of this name in the repository of `place`, or without a name `place` itself.

    Raises `UsageError`.
    """
    if name is None:
        return Revision("working files", place)
    if Path(name).is_dir():
        return Revision(name, Path(name))
    unknown = f"{name!r} is neither a folder nor a revision of this repository"
    top = Path(_git(unknown, place, "rev-parse", "--show-toplevel").decode().strip())
    commit = _git(unknown, place, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()
    return Revision(name, _unpacked(top, commit) / os.path.relpath(place.resolve(), top.resolve()))


def changed(old: Revision, new: Revision) -> list[str]:
    """The Python files that differ and those that import them, from the folders on; all, where a configuration differs."""
    files = {side: {_relative(f, side) for f in python_files([str(side)])} for side in (old.folder, new.folder)}
    every = sorted(files[old.folder] | files[new.folder])
    if _contents(old.folder, _configurations(old.folder)) != _contents(new.folder, _configurations(new.folder)):
        return every
    differ = {name for name in every if _content(old.folder / name) != _content(new.folder / name)}
    for side in (old.folder, new.folder):
        here = [side / name for name in differ & files[side]]
        differ |= {_relative(file, side) for file in dependents(here, [side / name for name in files[side]])}
    return sorted(differ)


def _relative(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()


def _configurations(folder: Path) -> Iterator[str]:
    for place, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        yield from (_relative(Path(place, n), folder) for n in sorted(names) if Path(n).suffix in _CONFIGURATION)


def _contents(folder: Path, names: Iterator[str]) -> dict[str, bytes | None]:
    return {name: _content(folder / name) for name in names}


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _git(failure: str, place: Path, *arguments: str) -> bytes:
    """What git says. Raises `UsageError` with `failure` and git's reason."""
    try:
        done = subprocess.run(["git", "-C", str(place), *arguments], capture_output=True, check=False)
    except FileNotFoundError as error:
        raise UsageError("git is not installed; give two folders instead") from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(f"{failure}{f' ({reason[0]})' if reason else ''}")
    return done.stdout


def _within(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Leaves out what would reach beyond the folder, as a link to a file of the machine does."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None


def _unpacked(top: Path, commit: str) -> Path:
    """The commit's files, in a folder that keeps its name so that what was captured there is remembered."""
    shelf = Path(platformdirs.user_cache_dir("graphperf")) / "revisions"
    folder = shelf / commit
    if folder.is_dir():
        os.utime(folder)
        return folder
    shelf.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=shelf, prefix=".unpacking-"))
    try:
        packed = _git(f"{commit} cannot be unpacked", top, "archive", "--format=tar", commit)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(unfinished, filter=_within)
        os.replace(unfinished, folder)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not folder.is_dir():
            raise
    for stale in sorted((f for f in shelf.iterdir() if f.name != commit), key=lambda f: -f.stat().st_mtime)[_KEPT:]:
        shutil.rmtree(stale, ignore_errors=True)
    return folder
