"""How a constructor uses its parameters, read from its source: as a number, a list, a class, a configuration, an option."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass, field
from typing import Any

_ITERATING = ("len", "enumerate", "zip", "sum", "reversed", "list", "tuple", "sorted")


@dataclass
class Usage:
    """`options` are strings that it is compared with; `attributes` and `keys` what is read from it."""

    called: bool = False
    iterated: bool = False
    unpacked: int = 0
    options: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


def usage_of(function: Any) -> dict[str, Usage]:
    """The use of each parameter of a function; empty when there is no source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return {}
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        return {}
    names = [*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs]
    found = {parameter.arg: Usage() for parameter in names}
    for node in ast.walk(definition):
        _note(node, found)
    return found


def _note(node: ast.AST, found: dict[str, Usage]) -> None:
    if isinstance(node, ast.Call):
        _note_call(node, found)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in found:
        found[node.value.id].attributes.append(node.attr)
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in found:
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            found[node.value.id].keys.append(node.slice.value)
        else:
            found[node.value.id].iterated = True
    elif isinstance(node, (ast.For, ast.comprehension, ast.Starred)):
        source = node.value if isinstance(node, ast.Starred) else node.iter
        if isinstance(source, ast.Name) and source.id in found:
            found[source.id].iterated = True
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in found:
        if isinstance(node.targets[0], (ast.Tuple, ast.List)):
            found[node.value.id].iterated = True
            found[node.value.id].unpacked = len(node.targets[0].elts)
    elif isinstance(node, ast.Compare):
        _note_comparison(node, found)


def _note_call(node: ast.Call, found: dict[str, Usage]) -> None:
    if isinstance(node.func, ast.Name):
        if node.func.id in found:
            found[node.func.id].called = True
        if node.func.id in _ITERATING:
            for argument in node.args:
                if isinstance(argument, ast.Name) and argument.id in found:
                    found[argument.id].iterated = True


def _note_comparison(node: ast.Compare, found: dict[str, Usage]) -> None:
    left = node.left
    if isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute):
        left = left.func.value
    if not (isinstance(left, ast.Name) and left.id in found):
        return
    for item in ast.walk(node.comparators[0]):
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            found[left.id].options.append(item.value)
