"""Which classes of a file are modules, what they inherit from each other, and which of them are not meant to run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_MODULE_BASES = frozenset({"Module", "LightningModule", "PreTrainedModel", "ScriptModule", "Sequential"})
_CONTAINERS = frozenset({"ModuleList", "ModuleDict", "ParameterList", "ParameterDict"})
_NO_FORWARD = frozenset({"Module", "LightningModule", "ABC", "object", "Generic", "Protocol", "ScriptModule", "PreTrainedModel"})
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Definition:
    """A class of the file, and the function that it is defined in, if any."""

    node: ast.ClassDef
    function: str = ""


def definitions(tree: ast.Module) -> Iterator[Definition]:
    """Classes at the top level, also inside `if` and `try`, and those that functions define."""
    yield from _definitions(tree.body, "")


def _definitions(body: Sequence[ast.stmt], function: str) -> Iterator[Definition]:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield Definition(statement, function)
        elif isinstance(statement, ast.FunctionDef):
            yield from _definitions(statement.body, function or statement.name)
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            for block in ("body", "orelse", "finalbody"):
                yield from _definitions(getattr(statement, block, []), function)
            for handler in getattr(statement, "handlers", []):
                yield from _definitions(handler.body, function)


def is_module(node: ast.ClassDef, by_name: Mapping[str, Definition], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a class inherits from a module class, directly or through the file, or has `forward` and some base."""
    names = inherits(node)
    if any(name in _MODULE_BASES for name in names):
        return True
    if any(name in _CONTAINERS for name in names):
        return method(node, "forward") is not None
    seen |= {node.name}
    if any(n in by_name and n not in seen and is_module(by_name[n].node, by_name, seen) for n in names):
        return True
    return bool(names) and method(node, "forward") is not None and not _is_function(names)


def _is_function(names: Sequence[str]) -> bool:
    return any("Function" in name or name == "object" for name in names)


def inherits(node: ast.ClassDef) -> list[str]:
    """Names of the bases, without the modules they are in."""
    return [_last_name(base) for base in node.bases]


def method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """The method that the class itself defines."""
    for item in _statements(node.body):
        if isinstance(item, ast.FunctionDef) and item.name == name:
            return item
    return None


def initializer(node: ast.ClassDef, by_name: Mapping[str, Definition]) -> ast.FunctionDef | None:
    """The nearest `__init__` up the classes of the file."""
    return _nearest(node, "__init__", by_name, _DEEPEST)


def forward_of(node: ast.ClassDef, by_name: Mapping[str, Definition]) -> ast.FunctionDef | None:
    """The nearest `forward` up the classes of the file."""
    return _nearest(node, "forward", by_name, _DEEPEST)


def no_model(definition: Definition, by_name: Mapping[str, Definition], forward: ast.FunctionDef | None) -> str:
    """Why a class is not meant to run on its own; empty when it is."""
    node = definition.node
    if forward is not None and _is_abstract(forward):
        return f"{node.name} is abstract: its forward does nothing but raise NotImplementedError"
    if forward is None and all(name in _NO_FORWARD for name in _far_bases(node, by_name, _DEEPEST)):
        return f"{node.name} has no forward"
    if any(_last_name(base) == "Protocol" for base in node.bases):
        return f"{node.name} is a protocol, not a module"
    return ""


def _is_abstract(forward: ast.FunctionDef) -> bool:
    if any(_last_name(decorator) == "abstractmethod" for decorator in forward.decorator_list):
        return True
    documented = bool(forward.body) and isinstance(forward.body[0], ast.Expr) and isinstance(forward.body[0].value, ast.Constant)
    rest = forward.body[1:] if documented else forward.body
    return all(isinstance(item, ast.Pass) or _raises_not_implemented(item) for item in rest)


def _raises_not_implemented(item: ast.stmt) -> bool:
    if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant):
        return True
    return isinstance(item, ast.Raise) and item.exc is not None and "NotImplementedError" in ast.unparse(item.exc)


def _far_bases(node: ast.ClassDef, by_name: Mapping[str, Definition], depth: int) -> Iterator[str]:
    """The bases that the file does not define."""
    for name in inherits(node):
        if name in by_name and name != node.name and depth:
            yield from _far_bases(by_name[name].node, by_name, depth - 1)
        else:
            yield name


def _nearest(node: ast.ClassDef, name: str, by_name: Mapping[str, Definition], depth: int) -> ast.FunctionDef | None:
    own = method(node, name)
    if own is not None or not depth:
        return own
    bases = (by_name[base].node for base in inherits(node) if base in by_name and base != node.name)
    return next((found for base in bases if (found := _nearest(base, name, by_name, depth - 1))), None)


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for item in body:
        yield item
        if isinstance(item, ast.If):
            yield from _statements([*item.body, *item.orelse])


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript | ast.Call):
        return _last_name(node.value if isinstance(node, ast.Subscript) else node.func)
    return node.id if isinstance(node, ast.Name) else ""
