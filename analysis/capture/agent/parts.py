"""Executes a file that fails as a whole statement by statement: what fails is left out.

The names that it would have defined are stood for by something whose use raises the error.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence

from .absent import Absent, errors
from .statements import bound_names, statements_for


def execute_in_parts(
    statements: Sequence[ast.stmt], module: types.ModuleType, path: str, raised: Exception, wanted: str = ""
) -> None:
    """Executes the statements of the file at `path` in `module`, which has raised an error.

    What the class `wanted` depends on is not left out: its error is raised.
    """
    kept = statements_for(statements, [wanted]) if wanted else []
    for statement in statements:
        try:
            code = compile(ast.Module([statement], type_ignores=[]), path, "exec", dont_inherit=True)
            exec(code, vars(module))
        except (ImportError, SyntaxError):
            raise
        except Exception:  # of the user's code
            if statement in kept:
                raise
            for name in bound_names(statement) or {f"line {statement.lineno}"}:
                vars(module).setdefault(name, absent_name(module, name, raised))


def absent_name(module: types.ModuleType, name: str, raised: Exception) -> Absent:
    """Stands for a name that the module would have, had it not failed."""
    errors[f"{module.__name__}.{name}"] = raised
    return Absent(f"{module.__name__}.{name}")
