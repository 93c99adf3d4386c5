"""Which files of a project import others, directly or through further ones. Read from the text; in doubt, they do."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..syntax import parse
from .source import UnreadableSource, read_python

_Name = tuple[str, ...]


def dependents(changed: Iterable[Path], files: Iterable[Path]) -> list[Path]:
    """Those of `files` that import a changed one, in their order, without the changed ones themselves."""
    known = {file.resolve(): file for file in files}
    reached = {file.resolve() for file in changed}
    asked = frozenset(reached)
    importers = _importers(list(known.keys() | reached))
    waiting = list(reached)
    while waiting:
        for importer in importers.get(waiting.pop(), ()):
            if importer not in reached:
                reached.add(importer)
                waiting.append(importer)
    return [file for resolved, file in known.items() if resolved in reached and resolved not in asked]


def _importers(files: Sequence[Path]) -> dict[Path, list[Path]]:
    """File → the files that import it."""
    by_last: dict[str, list[tuple[_Name, Path]]] = {}
    for file in files:
        name = _name_of(file)
        by_last.setdefault(name[-1], []).append((name, file))
    found: dict[Path, list[Path]] = {}
    for file in files:
        for wanted in _imported(file):
            for name, imported in by_last.get(wanted[-1], ()):
                if imported != file and name[-len(wanted) :] == wanted:
                    found.setdefault(imported, []).append(file)
    return found


def _name_of(file: Path) -> _Name:
    """The parts of a file's path, as a module's name has them at its end."""
    return file.parent.parts if file.stem == "__init__" else (*file.parent.parts, file.stem)


def _imported(file: Path) -> Iterator[_Name]:
    """The ends of the names of modules that a file may import: a name that is imported from a module can be one too."""
    try:
        tree = parse(read_python(file))
    except (UnreadableSource, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                yield from (tuple(parts[:end]) for end in range(1, len(parts) + 1))
        elif isinstance(node, ast.ImportFrom):
            base = (*_folder(file, node.level), *(node.module.split(".") if node.module else ()))
            if base:
                yield base
            yield from ((*base, alias.name) for alias in node.names)


def _folder(file: Path, level: int) -> _Name:
    """The parts of the folder that a relative import starts in; none for an absolute one."""
    return file.parents[level - 1].parts if 0 < level <= len(file.parents) else ()
