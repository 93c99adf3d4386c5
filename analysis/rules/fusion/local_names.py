"""Local variables that a function assigns and never reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from ...discovery import UnreadableSource, read_python
from ...graph import SourceLine
from ...syntax import parse

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_dropped(source: Sequence[SourceLine]) -> bool:
    """Whether what a call computes is lost when its function returns. `source`: the call's line and those that led there.

    The outermost line says where the result ends: in a name that its function never reads. A line on the way that assigns
    to anything but names, as an attribute, may keep it.
    """
    found = _statement_at(source[-1]) if source and not stores(source) else None
    if found is None:
        return False
    function, statement = found
    names = set(_assigned(statement))
    read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return bool(names - read)


def stores(source: Sequence[SourceLine]) -> bool:
    """Whether one of the lines may store what it computes elsewhere than in local names, as in an attribute."""
    statements = [_statement_at(place) for place in source]
    return any(found is None or _keeps(found[1]) for found in statements)


def _statement_at(place: SourceLine) -> tuple[_Function, ast.stmt] | None:
    """The innermost function around a line and its smallest statement there."""
    tree = _tree(place.file)
    if tree is None:
        return None
    around = [
        n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n.lineno <= place.line <= (n.end_lineno or n.lineno)
    ]
    functions = [n for n in around if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    if not functions:
        return None
    return max(functions, key=lambda n: n.lineno), max(around, key=lambda n: (n.lineno, -(n.end_lineno or n.lineno)))


@lru_cache(maxsize=8)
def _parsed(file: str, _changed: int) -> ast.Module | None:
    try:
        return parse(read_python(Path(file)))
    except (UnreadableSource, SyntaxError, ValueError):
        return None


def _tree(file: str) -> ast.Module | None:
    try:
        return _parsed(file, Path(file).stat().st_mtime_ns)
    except OSError:
        return None


def _keeps(statement: ast.stmt) -> bool:
    """Whether a statement stores something elsewhere than in local names."""
    stored = [n for n in ast.walk(statement) if isinstance(n, ast.Attribute | ast.Subscript | ast.Starred)]
    return any(isinstance(n.ctx, ast.Store) for n in stored) or isinstance(statement, ast.AugAssign)


def _assigned(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement) if isinstance(statement, ast.Assign | ast.AnnAssign) else ():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
