"""Modules of a repository that fail where they are imported, at a statement that the model may do without.

Such a module is executed statement by statement: what fails is left out, and the names that it would have defined are
stood for by something whose use raises the error.
"""

from __future__ import annotations

import ast
import importlib.abc
import sys
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import TracebackType

from .absent import Absent, errors
from .program import bound_names, read_source

_INSTALLED = ("site-packages", "dist-packages")


class Partial(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the modules that have failed once, by the path of their file."""

    def __init__(self) -> None:
        self._paths: set[str] = set()

    def helps(self, error: BaseException, analysed: str) -> bool:
        """Whether the error arose in the import of another file of the repository, which is executed in parts from now on."""
        path = _failing_module(error.__traceback__, analysed)
        if path is None or path in self._paths:
            return False
        self._paths.add(path)
        return True

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if self._paths else None
        if spec is None or spec.origin not in self._paths:
            return None
        spec.loader = self
        return spec

    def exec_module(self, module: types.ModuleType) -> None:
        path = str(module.__file__)
        for statement in ast.parse(read_source(path), path).body:
            try:
                code = compile(ast.Module([statement], type_ignores=[]), path, "exec", dont_inherit=True)
                exec(code, vars(module))
            except (ImportError, SyntaxError):
                raise
            except Exception as error:  # of the user's code
                for name in bound_names(statement) or {f"line {statement.lineno}"}:
                    errors[f"{module.__name__}.{name}"] = error
                    vars(module).setdefault(name, Absent(f"{module.__name__}.{name}"))


def _failing_module(trace: TracebackType | None, analysed: str) -> str | None:
    """The file of the innermost import that runs in a traceback, when it is neither `analysed` nor an installed one."""
    found: str | None = None
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_name == "<module>":
            found = code.co_filename
        trace = trace.tb_next
    if found is None or found == analysed or any(f"/{part}/" in found.replace("\\", "/") for part in _INSTALLED):
        return None
    return None if found.startswith(("<", sys.base_prefix)) else found
