"""Loads the user's code: a module by name, or an open file of which only what a class needs is executed."""

from __future__ import annotations
import __future__

import ast
import functools
import importlib
import importlib.abc
import importlib.util
import io
import linecache
import operator
import os
import re
import sys
import types
from collections.abc import Iterable, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

from . import held
from .parts import execute_in_parts
from .roots import package_of, relative_dots
from .statements import leading_imports, statements_for, statements_of

# How many folders further up a package may start than its relative imports say: those of another file in it do.
_FURTHER_UP = 2
_RELATIVE = re.compile(r"from[\s\\]*\.")
_FUTURE = functools.reduce(
    operator.or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)


def load_module(name: str, paths: Sequence[str]) -> types.ModuleType:
    """Imports `name` with `paths` first on `sys.path`."""
    _prepend(paths)
    return importlib.import_module(name)


def load_file(path: str, request: Mapping[str, Any]) -> types.ModuleType:
    """A module object made from the request's `text` (the editor's or the file's).

    In a package the file is imported under its dotted name, so that relative imports and registries work. A file on its
    own executes only its imports, definitions and assignments that `needed` names depend on, never a script below. Where
    something fails that the class `wanted` does not depend on, it is left out.
    """
    _prepend(request["paths"])
    text = _known_text(path, request)
    sys.argv = [path]  # a file may parse its arguments where it is imported
    dots = relative_dots(statements_of(text)) if _RELATIVE.search(text) else 0
    root, name = package_of(path, dots=dots)
    if "." not in name:
        _prepend([root])
        return _execute_slice(path, text, request["needed"], name, request.get("wanted") or "")
    for further in range(_FURTHER_UP + 1):
        root, name = package_of(path, dots=dots + further)
        try:
            return _imported(root, name, path, request)
        except ImportError as error:
            if "beyond top-level package" not in str(error):
                raise
    return _imported(root, name, path, request)


def _imported(root: str, name: str, path: str, request: Mapping[str, Any]) -> types.ModuleType:
    """The file, as a module of the package that starts in the folder `root`."""
    _prepend([root])
    file = _EditedFile(name, path, request)
    sys.meta_path.insert(0, file)
    try:
        return importlib.import_module(name)
    except (ImportError, SyntaxError):
        raise
    except Exception:  # what raised may be nothing that the class needs
        file.failed = True
        return importlib.import_module(name)


def _known_text(path: str, request: Mapping[str, Any]) -> str:
    """The text, which tracebacks and `inspect` find from now on."""
    text = request["text"] if request["text"] is not None else read_source(path)
    linecache.cache[path] = (len(text), None, list(io.StringIO(text, newline=None)), path)
    return text


def read_source(path: str) -> str:
    """The text of a Python file in its declared encoding."""
    with open(path, "rb") as file:
        return importlib.util.decode_source(file.read())


def _prepend(paths: Sequence[str]) -> None:
    for path in reversed(paths):
        if path not in sys.path:
            sys.path.insert(0, path)


class _EditedFile(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers the import of one module with the text the editor holds; in parts once it has raised something."""

    def __init__(self, name: str, path: str, request: Mapping[str, Any]) -> None:
        self._name, self._path, self._request = name, path, request
        self.failed = False

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
        body = ast.parse(_known_text(self._path, self._request), self._path).body
        if self.failed:
            execute_in_parts(body, module, self._path, self._request.get("wanted") or "")
            return
        imports = leading_imports(body)
        flags = self._execute(imports, module, 0)
        if held.reached():
            body = ast.parse(_known_text(self._path, self._request), self._path).body
        self._execute(body[len(imports) :], module, flags)

    def _execute(self, statements: list[ast.stmt], module: types.ModuleType, flags: int) -> int:
        """Executes statements of the file; returns the flags of its imports from the future, which hold below them."""
        code = compile(ast.Module(statements, []), self._path, "exec", flags, dont_inherit=True)
        exec(code, vars(module))
        return code.co_flags & _FUTURE


def hold(path: str, text: str) -> None:
    """Has every import of the file at `path` take the text that the editor holds, where it is another one."""
    if os.path.isfile(path) and read_source(path) != text:
        linecache.cache[path] = (len(text), None, list(io.StringIO(text, newline=None)), path)
        sys.meta_path.insert(0, _Held(path, text))


class _Held(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers imports of one file, whatever its name there."""

    def __init__(self, path: str, text: str) -> None:
        self._path, self._text = path, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path)
        if spec is None or spec.origin is None or os.path.realpath(spec.origin) != os.path.realpath(self._path):
            return None
        spec.loader = self
        return spec

    def exec_module(self, module: types.ModuleType) -> None:
        exec(compile(ast.parse(self._text, self._path), self._path, "exec", dont_inherit=True), module.__dict__)


class _Elsewhere(importlib.abc.MetaPathFinder):
    """What a file imports under its own name is not the file."""

    def __init__(self, name: str, folder: str) -> None:
        self._name, self._folder = name, folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, [p for p in sys.path if os.path.abspath(p) != self._folder])
        if spec is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return spec


def _imports(tree: ast.Module, name: str) -> bool:
    """Whether a file imports a module of that name."""
    return any(
        (isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] == name)
        or (isinstance(node, ast.Import) and any(alias.name.partition(".")[0] == name for alias in node.names))
        for node in tree.body
    )


def _execute_slice(path: str, text: str, needed: Iterable[str], name: str, wanted: str) -> types.ModuleType:
    tree = ast.parse(text, path)
    taken = name in sys.modules or _imports(tree, name)  # a file that is called torch.py or types.py
    if taken:
        place = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else 0
        sys.meta_path.insert(place, _Elsewhere(name, os.path.dirname(os.path.abspath(path))))
    module = types.ModuleType(name if name.isidentifier() and not taken else "__graphperf_file__")
    module.__file__ = path
    sys.modules[module.__name__] = module
    chosen = ast.Module(body=statements_for(tree.body, needed), type_ignores=[])
    try:
        exec(compile(chosen, path, "exec", dont_inherit=True), module.__dict__)
    except (ImportError, SyntaxError):
        raise
    except Exception:
        execute_in_parts(chosen.body, module, path, wanted)
    return module
