"""Executes a file that fails as a whole statement by statement: what fails is left out.

The names that it would have defined are stood for by something whose use raises the error.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence
from traceback import walk_tb

from . import without
from .absent import Absent, errors
from .statements import bound_names, statements_for


def execute_in_parts(statements: Sequence[ast.stmt], module: types.ModuleType, path: str, wanted: str = "") -> None:
    """Executes the statements of the file at `path` in `module`, which has raised an error.

    The class `wanted` is not left out, nor what it imports: the error is raised.
    """
    imports = [item for item in statements_for(statements, [wanted]) if isinstance(item, (ast.Import, ast.ImportFrom))]
    for statement in statements:
        try:
            _execute(statement, module, path)
        except Exception as error:  # of the user's code
            if isinstance(error, (ImportError, SyntaxError)) and not _raises(statement, error, path):
                raise
            if wanted and (wanted in bound_names(statement) or statement in imports):
                raise
            for name in bound_names(statement) or {f"line {statement.lineno}"}:
                if name in _assigned(statement):  # what it was before is not meant
                    vars(module).pop(name, None)
                vars(module).setdefault(name, absent_name(module, name, error))


def _raises(statement: ast.stmt, error: Exception, path: str) -> bool:
    """Whether the statement raises the error itself: `if not met: raise ImportError("install it")`."""
    line = _line_in(path, error)
    raised = (node for node in ast.walk(statement) if isinstance(node, ast.Raise))
    return any(node.lineno <= line <= (node.end_lineno or 0) for node in raised)


def _line_in(path: str, error: Exception) -> int:
    """The innermost line of a file that an error went through; 0 for none."""
    lines = [number for frame, number in walk_tb(error.__traceback__) if frame.f_code.co_filename == path]
    return lines[-1] if lines else 0


def _assigned(statement: ast.stmt) -> set[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _execute(statement: ast.stmt, module: types.ModuleType, path: str) -> None:
    """Executes a statement; without the decorators of installed packages that fail in it, which mostly document."""
    while True:
        try:
            code = compile(ast.Module([statement], type_ignores=[]), path, "exec", dont_inherit=True)
            exec(code, vars(module))
        except TypeError as error:
            if not _left_out(statement, error, path):
                raise
        else:
            return


def _left_out(statement: ast.stmt, error: TypeError, path: str) -> bool:
    """Takes out the decorator at the line of the file that the error arose at, if there is one."""
    line = _line_in(path, error)
    for node in ast.walk(statement):
        for decorator in getattr(node, "decorator_list", ()):
            if isinstance(decorator, ast.Call) and decorator.lineno <= line <= (decorator.end_lineno or 0):
                node.decorator_list.remove(decorator)  # type: ignore[attr-defined]
                name = getattr(decorator.func, "attr", getattr(decorator.func, "id", ""))
                without.assume(f"the decorator {name} fails ({error}): it is left out")
                return True
    return False


def absent_name(module: types.ModuleType, name: str, raised: Exception) -> Absent:
    """Stands for a name that the module would have, had it not failed."""
    errors[f"{module.__name__}.{name}"] = raised
    return Absent(f"{module.__name__}.{name}")
