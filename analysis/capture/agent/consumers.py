"""Which layer or configured model a parameter of `forward` goes into first, read from the source of the functions."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from torch import nn

from .configured import is_configured

_DEEPEST = 8
# Methods of a tensor that leave its shape.
_SAME = ("float", "long", "int", "to", "type", "type_as", "contiguous", "cuda", "clone", "detach", "double", "half")
# Layers that accept any shape: what comes after them says more.
_ANY = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.ReLU, nn.GELU, nn.SiLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.Flatten)

# A layer of torch with its path in the model.
Found = tuple[str, nn.Module]


def consumer(model: nn.Module, parameter: str) -> Found | None:
    """The layer of torch, or the configured model, that the parameter goes into as it is; None when it is not seen."""
    return _Reader(model, "", 0).in_function(type(model).forward, parameter)


class _Reader:
    """Reads the methods of one module; `path` is where it is in the model."""

    def __init__(self, module: nn.Module, path: str, depth: int) -> None:
        self._module, self._path, self._depth = module, path, depth

    def in_function(self, function: Callable[..., Any], parameter: str) -> Found | None:
        """The layer that a parameter of a method goes into first."""
        tree = _definition(function)
        if tree is None or self._depth > _DEEPEST:
            return None
        itself = tree.args.args[0].arg if tree.args.args else "self"
        names, loops = {parameter}, list(_loops(tree))
        for node in _in_order(tree):
            if isinstance(node, ast.Assign):
                self._follow(node, names)
                continue
            place = _place(node, names)
            if place is None:
                continue
            elements = {name: source for loop, name, source in loops if _contains(loop, node)}
            called = self._called(node.func, itself, elements)
            if isinstance(called, str):
                inner = self._method(called, function, above=_is_super(node.func))
                return self._in_method(inner, place) if inspect.isfunction(inner) else None
            if called is None:
                continue
            path, module = called
            if not isinstance(module, _ANY):
                return _Reader(module, path, self._depth + 1).at_place(place)
        return None

    def at_place(self, place: int | str) -> Found | None:
        """The layer that an argument of the module goes into first."""
        module = self._module
        if is_configured(module):
            return self._path, module
        if isinstance(module, (nn.Sequential, nn.ModuleList)):
            for name, child in module.named_children():
                if not isinstance(child, _ANY):
                    return _Reader(child, f"{self._path}.{name}", self._depth + 1).at_place(place)
            return None
        if type(module).__module__.startswith("torch."):
            return (self._path, module) if place in (0, "input", "query") else None
        return self._in_method(type(module).forward, place)

    def _in_method(self, function: Callable[..., Any], place: int | str) -> Found | None:
        tree = _definition(function)
        arguments = [argument.arg for argument in tree.args.args][1:] if tree is not None else []
        if isinstance(place, int):
            place = arguments[place] if place < len(arguments) else ""
        reader = _Reader(self._module, self._path, self._depth + 1)
        return reader.in_function(function, place) if place else None

    def _method(self, name: str, caller: Callable[..., Any], *, above: bool) -> Callable[..., Any] | None:
        """A method of the module; of the classes above that of `caller` for `super().method`."""
        classes = type(self._module).__mro__
        owner = next((index for index, cls in enumerate(classes) if caller in vars(cls).values()), -1) if above else -1
        return next((vars(cls)[name] for cls in classes[owner + 1 :] if name in vars(cls)), None)

    def _follow(self, node: ast.Assign, names: set[str]) -> None:
        """Other names for the parameter, and the end of those that stand for something else now."""
        target = node.targets[0]
        if isinstance(target, ast.Name) and _is_same(node.value, names):
            names.add(target.id)

    def _called(self, node: ast.expr, itself: str, elements: dict[str, ast.expr]) -> Found | str | None:
        """The module that is called; or the name of a method of this one."""
        if isinstance(node, ast.Name) and node.id == itself:
            return self._path, self._module
        if isinstance(node, ast.Attribute) and _is_super(node):
            return node.attr
        if isinstance(node, ast.Name) and node.id in elements:
            several = self._called(elements[node.id], itself, {})
            if not isinstance(several, tuple):
                return None
            name, child = next(iter(several[1].named_children()), ("", None))
            return (f"{several[0]}.{name}", child) if child is not None else None
        if isinstance(node, ast.Subscript):
            inner = self._called(node.value, itself, elements)
            name, child = next(iter(inner[1].named_children()), ("", None)) if isinstance(inner, tuple) else ("", None)
            return (f"{inner[0]}.{name}", child) if isinstance(inner, tuple) and child is not None else None
        if not isinstance(node, ast.Attribute):
            return None
        if isinstance(node.value, ast.Name) and node.value.id == itself:
            found = getattr(self._module, node.attr, None)
            if isinstance(found, nn.Module):
                return (f"{self._path}.{node.attr}".lstrip("."), found)
            return node.attr if callable(found) else None
        outer = self._called(node.value, itself, elements)
        found = getattr(outer[1], node.attr, None) if isinstance(outer, tuple) else None
        return (f"{outer[0]}.{node.attr}", found) if isinstance(outer, tuple) and isinstance(found, nn.Module) else None


def _is_super(node: ast.expr) -> bool:
    """`super().method`"""
    inner = node.value if isinstance(node, ast.Attribute) else None
    return isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "super"


def _place(node: ast.Call, names: set[str]) -> int | str | None:
    """Which argument of a call the parameter is."""
    for index, argument in enumerate(node.args):
        if _is_same(argument, names):
            return index
    return next((k.arg for k in node.keywords if k.arg and _is_same(k.value, names)), None)


def _is_same(node: ast.expr, names: set[str]) -> bool:
    """`x`, or `x.float()`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SAME:
        node = node.func.value
    return isinstance(node, ast.Name) and node.id in names


def _contains(outer: ast.For, inner: ast.Call) -> bool:
    return outer.lineno <= inner.lineno <= (outer.end_lineno or outer.lineno)


def _loops(tree: ast.FunctionDef) -> Iterator[tuple[ast.For, str, ast.expr]]:
    """Names that a loop gives to the elements of something: `for block in self.blocks`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.For):
            continue
        source, target = node.iter, node.target
        name = source.func.id if isinstance(source, ast.Call) and isinstance(source.func, ast.Name) else ""
        if isinstance(source, ast.Call) and name == "enumerate" and isinstance(target, ast.Tuple):
            source, target = source.args[0], target.elts[-1]
        if isinstance(source, ast.Call) and name == "zip" and isinstance(target, ast.Tuple):
            yield from ((node, t.id, s) for t, s in zip(target.elts, source.args) if isinstance(t, ast.Name))  # noqa: B905
        elif isinstance(target, ast.Name):
            yield node, target.id, source


def _in_order(tree: ast.FunctionDef) -> list[Any]:
    """Calls and assignments, as they are executed."""
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.Call, ast.Assign))]
    return sorted(
        found, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0, isinstance(node, ast.Assign))
    )


def source_of(function: Callable[..., Any]) -> str:
    """The source of a function; empty when there is none."""
    try:
        return textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    except (OSError, TypeError, ValueError):
        return ""


@functools.cache
def _definition(function: Callable[..., Any]) -> ast.FunctionDef | None:
    try:
        definition = ast.parse(source_of(function)).body[0]
    except (SyntaxError, IndexError):
        return None
    return definition if isinstance(definition, ast.FunctionDef) else None
