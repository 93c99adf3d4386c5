"""Loads the user's code: a module by name, or an open file of which only what a class needs is executed."""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.util
import io
import linecache
import os
import re
import sys
import types
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec

from .roots import package_of, relative_dots

_CHANGES = re.compile(r"append|insert|extend|update|add|setdefault|(add|set|register)_\w+|register")


def load_module(name: str, paths: Sequence[str]) -> types.ModuleType:
    """Imports `name` with `paths` first on `sys.path`."""
    _prepend(paths)
    return importlib.import_module(name)


def load_file(path: str, text: str | None, needed: Iterable[str], paths: Sequence[str]) -> types.ModuleType:
    """A module object made from `text` (the editor's or the file's).

    In a package the file is imported under its dotted name, so that relative imports and registries work. A file on its
    own executes only its imports, definitions and assignments that `needed` names depend on, never a script below.
    """
    _prepend(paths)
    if text is None:
        text = read_source(path)
    linecache.cache[path] = (len(text), None, list(io.StringIO(text, newline=None)), path)
    sys.argv = [path]  # a file may parse its arguments where it is imported
    root, name = package_of(path, dots=relative_dots(_statements(text)))
    _prepend([root])
    if "." in name:
        file = _EditedFile(name, path, text)
        sys.meta_path.insert(0, file)
        try:
            return importlib.import_module(name)
        except (ImportError, SyntaxError):
            raise
        except Exception:  # what raised may be nothing that the class needs
            file.needed = needed
            return importlib.import_module(name)
    return _execute_slice(path, text, needed, name)


def read_source(path: str) -> str:
    """The text of a Python file in its declared encoding."""
    with open(path, "rb") as file:
        return importlib.util.decode_source(file.read())


def _prepend(paths: Sequence[str]) -> None:
    for path in reversed(paths):
        if path not in sys.path:
            sys.path.insert(0, path)


class _EditedFile(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers the import of one module with the text the editor holds; of `needed` names only, if there are such."""

    def __init__(self, name: str, path: str, text: str) -> None:
        self._name, self._path, self._text = name, path, text
        self.needed: Iterable[str] | None = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        is_package = os.path.basename(self._path) == "__init__.py"
        return importlib.util.spec_from_file_location(
            fullname,
            self._path,
            loader=self,
            submodule_search_locations=[os.path.dirname(self._path)] if is_package else None,
        )

    def exec_module(self, module: types.ModuleType) -> None:
        tree = ast.parse(self._text, self._path)
        if self.needed is not None:
            tree.body = statements_for(tree.body, self.needed)
        exec(compile(tree, self._path, "exec", dont_inherit=True), module.__dict__)


def _statements(text: str) -> list[ast.stmt]:
    """The statements of a text; none of one that does not parse, which is said when it is executed."""
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError):
        return []


def _execute_slice(path: str, text: str, needed: Iterable[str], name: str) -> types.ModuleType:
    tree = ast.parse(text, path)
    taken = name in sys.modules  # a file that is called torch.py or types.py
    module = types.ModuleType(name if name.isidentifier() and not taken else "__graphperf_file__")
    module.__file__ = path
    sys.modules[module.__name__] = module
    chosen = ast.Module(body=statements_for(tree.body, needed), type_ignores=[])
    exec(compile(chosen, path, "exec", dont_inherit=True), module.__dict__)
    return module


def statements_for(body: Sequence[ast.stmt], needed: Iterable[str]) -> list[ast.stmt]:
    """The top-level statements that the names in `needed` depend on, in order. Star and future imports always stay."""
    binds = [bound_names(statement) for statement in body]
    wanted: set[str] = set()
    chosen: set[int] = set()
    queue = list(needed)
    for index, statement in enumerate(body):
        if isinstance(statement, ast.ImportFrom) and (
            statement.module == "__future__" or statement.names[0].name == "*"
        ):
            chosen.add(index)
    while queue:
        name = queue.pop()
        if name in wanted:
            continue
        wanted.add(name)
        for index, bound in enumerate(binds):
            if name in bound and index not in chosen:
                chosen.add(index)
                queue.extend(_used(body[index]))
    return [body[index] for index in sorted(chosen)]


def bound_names(statement: ast.stmt) -> set[str]:
    """Names that a top-level statement defines or changes; expressions, loops and `if __name__` define none."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.Expr):
        return _changed_by_call(statement.value)
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    if isinstance(statement, ast.If) and _tests_main(statement.test):
        return set()
    blocks = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
    blocks.extend(handler.body for handler in getattr(statement, "handlers", []))
    return (
        set[str]().union(*(bound_names(inner) for block in blocks for inner in block))
        if isinstance(statement, (ast.If, ast.Try, ast.With))
        else set()
    )


def _changed_by_call(node: ast.expr) -> set[str]:
    """`sys.path.append(...)` changes `sys`; `parser.add_argument(...)` changes `parser`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return set()
    if not _CHANGES.fullmatch(node.func.attr):
        return set()
    value = node.func.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return {value.id} if isinstance(value, ast.Name) else set()


def _tests_main(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _used(statement: ast.stmt) -> set[str]:
    """Names a statement reads; names in string annotations count too."""
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    strings = (
        node.value for node in ast.walk(statement) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    names.update(text for text in strings if text.isidentifier())
    return names
