"""Which files a run is about."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..discovery import check_file
from ..discovery.dependents import dependents
from .settings import matches

_SKIPPED = frozenset({".venv", "venv", "node_modules", "__pycache__", "build", "dist", "site-packages"})


def python_files(names: Sequence[str], exclude: Sequence[str] = (), *, with_dependents: bool = False) -> list[Path]:
    """The named files, and the Python files below named folders but for excluded ones, each once; `with_dependents`, after them
    those below the working directory that import them. No names: all below it.

    Raises `UsageError` for a name that does not exist.
    """
    files = _named(names or (".",), exclude)
    return [*files, *dependents(files, _named((".",), exclude))] if with_dependents else files


def _named(names: Sequence[str], exclude: Sequence[str]) -> list[Path]:
    found: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            found.update(
                dict.fromkeys(file for file in _below(path) if not any(matches(str(file), p) for p in exclude))
            )
        else:
            check_file(path)
            found[path] = None
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    """Those of the project itself: no hidden folders, environments or builds."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        found += [Path(place, name) for name in names if name.endswith(".py") and not name.startswith(".")]
    yield from sorted(found)
