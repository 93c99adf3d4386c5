"""How a constructor uses its parameters, read from its source: as a number, a list, a class, a configuration, an option."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from dataclasses import dataclass, field
from typing import Any

from .signature import Made, initializer

_SIZED = re.compile(r"Linear|Bilinear|Conv\w*\dd|Embedding|\w+Norm(\dd)?|LSTM|GRU|RNN|zeros|ones|randn?|empty|arange")
_ITERATING = ("len", "enumerate", "zip", "sum", "reversed", "list", "tuple", "sorted")


@dataclass
class Usage:
    """`options` are strings that it is compared with; `attributes` and `keys` what is read from it.

    A `layer` is kept and called later; `pairs` is how many each of its items is unpacked into; the items of what is
    `nested` are lists themselves. A `number` is calculated with or is the size of a layer or a tensor.
    The class `convolves` when it has convolutions and no linear layer.
    """

    called: bool = False
    layer: bool = False
    iterated: bool = False
    nested: bool = False
    number: bool = False
    unpacked: int = 0
    pairs: int = 0
    convolves: bool = False
    options: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


def usage_of(cls: Made) -> dict[str, Usage]:
    """The use of each constructor parameter of a class; empty when there is no source."""
    definition = _tree(initializer(cls))
    if definition is None:
        return {}
    names = [*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs]
    found = {parameter.arg: Usage() for parameter in names}
    _note_kind(cls, definition, found)
    kept: dict[str, str] = {}
    constants = getattr(initializer(cls), "__globals__", {})
    for node in ast.walk(definition):
        _note(node, found, constants)
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(target, ast.Attribute) and isinstance(value, ast.Name) and value.id in found:
            kept[target.attr] = value.id
    _note_handed_on(cls, definition, found, constants)
    for function in vars(cls).values() if isinstance(cls, type) else ():
        tree = _tree(function) if inspect.isfunction(function) else None
        for node in ast.walk(tree) if tree is not None else ():
            _note_kept(node, kept, found, constants)
    return found


def _note_handed_on(cls: Made, definition: ast.FunctionDef, found: dict[str, Usage], constants: dict[str, Any]) -> None:
    """What the methods that the constructor calls do with the parameters that it gives them."""
    for call in ast.walk(definition):
        method = getattr(cls, _own_method(call.func), None) if isinstance(call, ast.Call) else None
        tree = _tree(method) if inspect.isfunction(method) else None
        if isinstance(call, ast.Call) and tree is not None:
            places = [argument.arg for argument in tree.args.args][1:]
            given = [*zip(places, call.args), *((keyword.arg, keyword.value) for keyword in call.keywords)]  # noqa: B905
            inner = {name: found[v.id] for name, v in given if name and isinstance(v, ast.Name) and v.id in found}
            for node in ast.walk(tree) if inner else ():
                _note(node, inner, constants)


def _own_method(node: ast.expr) -> str:
    """The name in `self.method`; empty for anything else."""
    own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return node.attr if own and isinstance(node, ast.Attribute) else ""


def _note_kind(cls: Made, definition: ast.FunctionDef, found: dict[str, Usage]) -> None:
    text = ast.unparse(definition) if hasattr(ast, "unparse") else ""
    if not any(word in text for word in ("onv", "Linear(")):
        text = _file_text(cls)
    for usage in found.values():
        usage.convolves = text.count("onv") > text.count("Linear(")


def _file_text(cls: Made) -> str:
    try:
        return inspect.getsource(sys.modules[cls.__module__])
    except (OSError, TypeError, KeyError):
        return ""


def _tree(function: Any) -> ast.FunctionDef | None:
    try:
        definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError, ValueError, IndexError):
        return None
    return definition if isinstance(definition, ast.FunctionDef) else None


def _note_kept(node: ast.AST, kept: dict[str, str], found: dict[str, Usage], constants: dict[str, Any]) -> None:
    """What is done with a parameter after `self.a = a`."""
    if isinstance(node, ast.Compare):
        attribute = _own_method(_compared(node))
        if attribute in kept:
            _note_options(node, found[kept[attribute]], constants)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in kept:
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "self":
            found[kept[node.func.attr]].layer = True
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr in kept:
        if not (isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)):
            found[kept[node.value.attr]].iterated = True
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Attribute):
        if node.operand.attr in kept:
            found[kept[node.operand.attr]].number = True
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr in kept:
        found[kept[node.value.attr]].attributes.append(node.attr)
    elif isinstance(node, (ast.For, ast.comprehension)) and not _counts(node.iter):
        for item in ast.walk(node.iter):
            if isinstance(item, ast.Attribute) and item.attr in kept:
                found[kept[item.attr]].iterated = True
                if isinstance(node.target, ast.Tuple) and item is node.iter:
                    found[kept[item.attr]].pairs = len(node.target.elts)


def _counts(node: ast.expr) -> bool:
    """`range(n - 1)`"""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"


def _note(node: ast.AST, found: dict[str, Usage], constants: dict[str, Any]) -> None:
    if isinstance(node, ast.Call):
        _note_call(node, found)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in found:
        found[node.value.id].attributes.append(node.attr)
    elif isinstance(node, ast.BinOp):
        for side in (node.left, node.right):
            if isinstance(side, ast.Name) and side.id in found:
                found[side.id].number = True
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in found:
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            found[node.value.id].keys.append(node.slice.value)
        else:
            found[node.value.id].iterated = True
    elif isinstance(node, (ast.For, ast.comprehension, ast.Starred)):
        source = node.value if isinstance(node, ast.Starred) else node.iter
        if isinstance(source, ast.Subscript) and isinstance(source.value, ast.Name) and source.value.id in found:
            found[source.value.id].nested = True
        if isinstance(source, ast.Name) and source.id in found:
            found[source.id].iterated = True
            if not isinstance(node, ast.Starred) and isinstance(node.target, ast.Tuple):
                found[source.id].pairs = len(node.target.elts)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in found:
        if isinstance(node.targets[0], (ast.Tuple, ast.List)):
            found[node.value.id].iterated = True
            found[node.value.id].unpacked = len(node.targets[0].elts)
    elif isinstance(node, ast.Compare):
        left = _compared(node)
        if isinstance(left, ast.Name) and left.id in found:
            _note_options(node, found[left.id], constants)


def _note_call(node: ast.Call, found: dict[str, Usage]) -> None:
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    for argument in node.args if _SIZED.fullmatch(called) else ():
        if isinstance(argument, ast.Name) and argument.id in found:
            found[argument.id].number = True
    if isinstance(node.func, ast.Name):
        if node.func.id in found:
            found[node.func.id].called = True
        if node.func.id in _ITERATING:
            for argument in node.args:
                if isinstance(argument, ast.Name) and argument.id in found:
                    found[argument.id].iterated = True


def _compared(node: ast.Compare) -> ast.expr:
    """The left side of a comparison, also of `name.lower() == "relu"`."""
    left = node.left
    return left.func.value if isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute) else left


def _note_options(node: ast.Compare, usage: Usage, constants: dict[str, Any]) -> None:
    for item in ast.walk(node.comparators[0]):
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            usage.options.append(item.value)
        given = constants.get(item.id) if isinstance(item, ast.Name) else None
        if isinstance(given, (str, list, tuple, set, frozenset, dict)):
            texts = [given] if isinstance(given, str) else given
            usage.options.extend(text for text in texts if isinstance(text, str))
