"""Modules of a repository that fail where they are imported, at a statement that the model may do without."""

from __future__ import annotations

import ast
import importlib.abc
import sys
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import TracebackType

from .absent import Absent
from .parts import absent_name, execute_in_parts
from .program import read_source
from .roots import is_installed


class Partial(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the modules that have failed once, by the path of their file."""

    def __init__(self) -> None:
        # The error that each raised when it was imported, which has the lines that led there.
        self._raised: dict[str, Exception] = {}

    def helps(self, error: Exception, analysed: str) -> bool:
        """Whether the error arose in the import of another file of the repository, which is executed in parts from now on."""
        path = _failing_module(error.__traceback__, analysed)
        if path is None or path in self._raised:
            return False
        self._raised[path] = error
        return True

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if self._raised else None
        if spec is None or spec.origin not in self._raised:
            return None
        spec.loader = self
        return spec

    def exec_module(self, module: types.ModuleType) -> None:
        path = str(module.__file__)
        raised = self._raised[path]

        def missing(name: str) -> Absent:
            if name.startswith("__"):
                raise AttributeError(name)
            return absent_name(module, name, raised)

        vars(module)["__getattr__"] = missing
        execute_in_parts(ast.parse(read_source(path), path).body, module, path)


def _failing_module(trace: TracebackType | None, analysed: str) -> str | None:
    """The file of the innermost import that runs in a traceback, when it is neither `analysed` nor an installed one."""
    found: str | None = None
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_name == "<module>":
            found = code.co_filename
        trace = trace.tb_next
    own = found is not None and found != analysed and not is_installed(found)
    return found if own and not str(found).startswith(("<", sys.base_prefix)) else None
