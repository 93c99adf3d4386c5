"""Which classes of a file are modules, what they inherit from each other, and which of them are not meant to run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_MODULE_BASES = frozenset({"Module", "LightningModule", "PreTrainedModel", "ScriptModule", "Sequential"})
_CONTAINERS = frozenset({"ModuleList", "ModuleDict", "ParameterList", "ParameterDict"})
_NO_FORWARD = frozenset(
    {"Module", "LightningModule", "ABC", "object", "Generic", "Protocol", "ScriptModule", "PreTrainedModel"}
)
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Definition:
    """A class of the file, the names of its bases without their modules, and the function that defines it, if any."""

    node: ast.ClassDef
    bases: tuple[str, ...]
    function: str = ""


def definitions(tree: ast.Module) -> Iterator[Definition]:
    """Classes at the top level, also inside `if` and `try`, and those that functions define."""
    aliases = dict(_aliases(tree))
    for node, function in _definitions(tree.body, ""):
        names = [_last_name(base) for base in node.bases]
        yield Definition(node, tuple(aliases.get(name, name) for name in names), function)


def _definitions(body: Sequence[ast.stmt], function: str) -> Iterator[tuple[ast.ClassDef, str]]:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield statement, function
        elif isinstance(statement, ast.FunctionDef):
            yield from _definitions(statement.body, function or statement.name)
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            for block in ("body", "orelse", "finalbody"):
                yield from _definitions(getattr(statement, block, []), function)
            for handler in getattr(statement, "handlers", []):
                yield from _definitions(handler.body, function)


def _aliases(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Other names: `from torch.nn import Module as Base`, `Base = nn.Module`."""
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom):
            yield from ((alias.asname, alias.name) for alias in statement.names if alias.asname)
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Attribute | ast.Name):
            names = (target.id for target in statement.targets if isinstance(target, ast.Name))
            yield from ((name, _last_name(statement.value)) for name in names)


def is_module(definition: Definition, by_name: Mapping[str, Definition], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a class inherits from a module class, directly or through the file, or has `forward` and some base."""
    node, names = definition.node, definition.bases
    if _is_function(definition, by_name, frozenset()):
        return False
    if any(name in _MODULE_BASES for name in names):
        return True
    if any(name in _CONTAINERS for name in names):
        return method(node, "forward") is not None
    seen |= {node.name}
    if any(name in by_name and name not in seen and is_module(by_name[name], by_name, seen) for name in names):
        return True
    return bool(names) and method(node, "forward") is not None and "object" not in names


def _is_function(definition: Definition, by_name: Mapping[str, Definition], seen: frozenset[str]) -> bool:
    """Whether a class is an autograd function, directly or through the file."""
    seen |= {definition.node.name}
    inherited = (by_name[name] for name in definition.bases if name in by_name and name not in seen)
    return any("Function" in name for name in definition.bases) or any(
        _is_function(base, by_name, seen) for base in inherited
    )


def method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """The method that the class itself defines."""
    for item in _statements(node.body):
        if isinstance(item, ast.FunctionDef) and item.name == name:
            return item
    return None


def initializer(definition: Definition, by_name: Mapping[str, Definition]) -> ast.FunctionDef | None:
    """The nearest `__init__` up the classes of the file."""
    return _nearest(definition, "__init__", by_name, _DEEPEST)


def forward_of(definition: Definition, by_name: Mapping[str, Definition]) -> ast.FunctionDef | None:
    """The nearest `forward` up the classes of the file."""
    return _nearest(definition, "forward", by_name, _DEEPEST)


def no_model(definition: Definition, by_name: Mapping[str, Definition]) -> str:
    """Why a class is not meant to run on its own; empty when it is."""
    node, forward = definition.node, forward_of(definition, by_name)
    if forward is not None and _is_abstract(forward):
        return f"{node.name} is abstract: its forward does nothing but raise NotImplementedError"
    if forward is None and all(name in _NO_FORWARD for name in _far_bases(definition, by_name, _DEEPEST)):
        return f"{node.name} has no forward"
    if "Protocol" in definition.bases:
        return f"{node.name} is a protocol, not a module"
    return ""


def _is_abstract(forward: ast.FunctionDef) -> bool:
    if any(_last_name(decorator) == "abstractmethod" for decorator in forward.decorator_list):
        return True
    documented = (
        bool(forward.body) and isinstance(forward.body[0], ast.Expr) and isinstance(forward.body[0].value, ast.Constant)
    )
    rest = forward.body[1:] if documented else forward.body
    return all(isinstance(item, ast.Pass) or _raises_not_implemented(item) for item in rest)


def _raises_not_implemented(item: ast.stmt) -> bool:
    if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant):
        return True
    return isinstance(item, ast.Raise) and item.exc is not None and "NotImplementedError" in ast.unparse(item.exc)


def _far_bases(definition: Definition, by_name: Mapping[str, Definition], depth: int) -> Iterator[str]:
    """The bases that the file does not define."""
    for name in definition.bases:
        if name in by_name and name != definition.node.name and depth:
            yield from _far_bases(by_name[name], by_name, depth - 1)
        else:
            yield name


def _nearest(
    definition: Definition, name: str, by_name: Mapping[str, Definition], depth: int
) -> ast.FunctionDef | None:
    own = method(definition.node, name)
    if own is not None or not depth:
        return own
    bases = (by_name[base] for base in definition.bases if base in by_name and base != definition.node.name)
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
