"""What a file imports when it is loaded."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

# Module, and the names that are imported from it.
Imports = tuple[tuple[str, tuple[str, ...]], ...]


def imports_of(tree: ast.Module) -> Imports:
    """The absolute imports of a file outside functions and classes, in the order they stand."""
    return tuple(dict.fromkeys(_imports(tree.body)))


def _imports(body: Iterable[ast.stmt]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from ((alias.name, ()) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module, tuple(alias.name for alias in statement.names if alias.name != "*")
        elif isinstance(statement, (ast.If, ast.Try)):
            handlers = statement.handlers if isinstance(statement, ast.Try) else []
            for block in (statement.body, statement.orelse, *(handler.body for handler in handlers)):
                yield from _imports(block)
