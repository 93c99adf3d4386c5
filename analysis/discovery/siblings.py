"""Classes that a file takes its bases from: its own, and those of other files of the project, which are read for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ..syntax import parse
from .inheritance import Definition, definitions
from .source import UnreadableSource, read_python

# So many files on the way from a class to its farthest base.
_DEEPEST = 4


def known_definitions(
    tree: ast.Module, path: Path | None, asked: frozenset[str] = frozenset(), depth: int = _DEEPEST
) -> dict[str, Definition]:
    """The classes of a file by name and, where it says where it is, of the files that it imports bases or `asked` from."""
    own = {definition.node.name: definition for definition in definitions(tree)}
    bases = frozenset(base for definition in own.values() for base in definition.bases)
    missing = (asked | bases) - own.keys()
    found: dict[str, Definition] = {}
    if path is not None and missing and depth:
        for file, names in _imported(tree, path, missing):
            found.update(_definitions_of(file, names, depth - 1))
    return {**found, **own}


def imported_files(path: Path) -> frozenset[Path]:
    """The files of the project that `known_definitions` may read for a file."""
    found: set[Path] = set()
    waiting = {path}
    for _ in range(_DEEPEST):
        waiting = {file for importer in waiting for file in _imported_by(importer)} - found
        found |= waiting
    return frozenset(found)


def _imported_by(path: Path) -> Iterator[Path]:
    try:
        yield from (file for file, _ in _imported(parse(read_python(path)), path, None))
    except (UnreadableSource, SyntaxError, ValueError, RecursionError, MemoryError):
        return


def _imported(tree: ast.Module, path: Path, wanted: frozenset[str] | None) -> Iterator[tuple[Path, frozenset[str]]]:
    """Files of the project that the wanted names, or any, are imported from."""
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module is not None:
            given = frozenset(alias.name for alias in statement.names)
            names = given if wanted is None else wanted & given
            file = _file_of(statement.module, statement.level, path) if names else None
            if file is not None:
                yield file, names


def _file_of(module: str, level: int, path: Path) -> Path | None:
    """The file of a module: relative to the importing one's, or to the folder that holds its outermost package."""
    folders = path.absolute().parents
    if level > len(folders):
        return None
    folder = folders[level - 1] if level else next(f for f in folders if not (f / "__init__.py").is_file())
    place = folder.joinpath(*module.split("."))
    files = (place.with_name(f"{place.name}.py"), place / "__init__.py")
    return next((file for file in files if file.is_file() and file != path.absolute()), None)


def _definitions_of(file: Path, names: frozenset[str], depth: int) -> dict[str, Definition]:
    try:
        return known_definitions(parse(read_python(file)), file, names, depth)
    except (UnreadableSource, SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
