"""The classes and functions of a repository that construct a class, for one that nothing in its own file constructs."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..discovery import discover
from ..discovery.factories import factories
from ..syntax import parse
from .agent.nearby import code_files, text_of

_DEEPEST, _MOST = 3, 5
# Functions that do more than make a model.
_DOING = re.compile(r"(?i)train|eval|test|main|loss|infer|predict|sample|demo|run|fit|step")


@dataclass(frozen=True, slots=True)
class Maker:
    """A class or a function in whose result there may be the class that is sought; a `call` needs no argument."""

    file: Path
    name: str
    call: str = ""
    is_function: bool = False


@dataclass(frozen=True, slots=True)
class _Code:
    """A file that was read: its classes and functions, and the words of its imports."""

    file: Path
    definitions: dict[str, ast.AST]
    imported: frozenset[str]
    calls: dict[str, str | None]


@dataclass
class Repository:
    """The code around a file, each file read when a name in it is looked for."""

    path: Path
    _texts: dict[str, str] = field(default_factory=dict[str, str])
    _codes: dict[str, _Code | None] = field(default_factory=dict[str, _Code | None])

    def makers(self, name: str) -> Iterator[Maker]:
        """What constructs the class `name` of the file, nearest first, and what constructs that."""
        return itertools.islice((maker for maker in self._around(name) if _makes_models(maker)), _MOST)

    def _around(self, name: str) -> Iterator[Maker]:
        found: set[Maker] = set()
        level = [Maker(self.path, name)]
        for _ in range(_DEEPEST):
            level = list(dict.fromkeys(m for inner in level for m in self._users(inner) if m not in found))
            found.update(level)
            yield from sorted(level, key=lambda maker: not maker.call)

    def _users(self, inner: Maker) -> Iterator[Maker]:
        """Classes and functions that name `inner`: first those of other files."""
        others = [Path(file) for file in self._mentioning(inner.name) if Path(file) != inner.file]
        for file in (*others, inner.file):
            code = self._code(file)
            if code is None or (file != inner.file and not _knows(code, inner)):
                continue
            for name, node in code.definitions.items():
                if name != inner.name and _makes(node, inner.name):
                    yield Maker(file, name, code.calls.get(name) or "", isinstance(node, ast.FunctionDef))

    def _mentioning(self, name: str) -> Iterator[str]:
        if not self._texts:
            self._texts = {file: text_of(file) for file in code_files(str(self.path))}
        mention = re.compile(rf"\b{re.escape(name)}\b")
        yield from (file for file, text in self._texts.items() if mention.search(text))

    def _code(self, file: Path) -> _Code | None:
        key = str(file)
        if key not in self._codes:
            self._codes[key] = _read(file, self._texts.get(key) or text_of(key))
        return self._codes[key]


def _read(file: Path, text: str) -> _Code | None:
    try:
        tree = parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    blocks = [*tree.body, *(inner for node in tree.body if isinstance(node, (ast.If, ast.Try)) for inner in node.body)]
    definitions: dict[str, ast.AST] = {}
    calls = {factory.name: factory.call for factory in factories(tree)}
    for node in blocks:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            definitions[node.name] = node
        for name, method, call in _static_methods(node):
            definitions[name], calls[name] = method, call
    return _Code(file, definitions, frozenset(_imported(tree)), calls)


def _static_methods(node: ast.stmt) -> Iterator[tuple[str, ast.AST, str]]:
    """The methods of a class that are called without it and need no argument."""
    if isinstance(node, ast.ClassDef):
        static = [m for m in node.body if any(getattr(d, "id", "") == "staticmethod" for d in _decorators(m))]
        methods = {method.name: method for method in static if isinstance(method, ast.FunctionDef)}
        for maker in factories(ast.Module(static, [])):
            if maker.call is not None:
                yield f"{node.name}.{maker.name}", methods[maker.name], f"{node.name}.{maker.call}"


def _decorators(node: ast.stmt) -> list[ast.expr]:
    return getattr(node, "decorator_list", [])


def _imported(tree: ast.Module) -> Iterator[str]:
    """The words of a file's imports."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (word for alias in node.names for word in alias.name.split("."))
            yield from (getattr(node, "module", None) or "").split(".")


def _knows(code: _Code, inner: Maker) -> bool:
    """Whether a file can mean the class or function of that file: it imports the file or one of its packages."""
    known = {inner.file.stem, *(folder.name for folder in list(inner.file.parents)[:2])}
    return inner.name not in code.definitions and bool(known & code.imported or "" in code.imported)


def _makes(node: ast.AST, name: str) -> bool:
    """Whether a class constructs what has the name, or a function that does nothing else returns it."""
    if isinstance(node, ast.FunctionDef):
        return _DOING.search(node.name) is None and _returns(node, name)
    return name in set(_used(node))


def _returns(node: ast.FunctionDef, name: str) -> bool:
    """Whether a function returns something made with the help of `name`."""
    statements = [item for item in ast.walk(node) if isinstance(item, (ast.Assign, ast.Return, ast.Expr))]
    made, known = {name}, 0
    while len(made) > known:
        known = len(made)
        for item in statements:
            if item.value is None or isinstance(item, ast.Return) or not made & {*_names(item.value)}:
                continue
            changed = item.targets if isinstance(item, ast.Assign) else [getattr(item.value, "func", item.value)]
            made.update(part.id for target in changed for part in ast.walk(target) if isinstance(part, ast.Name))
    return any(made & {*_names(i.value)} for i in statements if isinstance(i, ast.Return) and i.value is not None)


def _names(node: ast.AST) -> Iterator[str]:
    """Names in a piece of code, also those of attributes."""
    for item in ast.walk(node):
        if isinstance(item, (ast.Name, ast.Attribute)):
            yield item.id if isinstance(item, ast.Name) else item.attr


def _used(node: ast.AST) -> Iterator[str]:
    """Names that a definition calls or hands on, also as attributes of a module; bases and annotations are no uses."""
    for item in ast.walk(node):
        for part in _handed_on(item):
            if isinstance(part, (ast.Name, ast.Attribute)):
                yield part.id if isinstance(part, ast.Name) else part.attr


def _handed_on(node: ast.AST) -> Iterator[ast.AST | None]:
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") not in ("isinstance", "issubclass", "super"):
        yield from (node.func, *node.args, *(keyword.value for keyword in node.keywords))
    elif isinstance(node, (ast.List, ast.Tuple)):
        yield from node.elts
    elif isinstance(node, ast.Dict):
        yield from node.values
    elif isinstance(node, (ast.Assign, ast.Return)):
        yield node.value


def _makes_models(maker: Maker) -> bool:
    return maker.is_function or any(
        model.name == maker.name for model in discover(text_of(str(maker.file)), maker.file).classes
    )
