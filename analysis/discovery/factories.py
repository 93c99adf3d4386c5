"""Functions of the file that make models."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Factory:
    """A top-level function that returns something: how to call it, and every name it reaches through functions of the file."""

    name: str
    call: str | None
    reached: frozenset[str]


def factories(tree: ast.Module) -> list[Factory]:
    """The functions that return something, those that need no argument with the expression that calls them."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    uses = {name: frozenset(names_in(node)) for name, node in functions.items()}
    return [
        Factory(name, _call(node), _reached(name, uses.get))
        for name, node in functions.items()
        if any(isinstance(item, ast.Return) and item.value is not None for item in ast.walk(node))
    ]


def required(arguments: ast.arguments, skip: int) -> tuple[str, ...]:
    """Parameters without a default, the first `skip` left out."""
    positional = [*arguments.posonlyargs, *arguments.args]
    without_default = positional[skip : len(positional) - len(arguments.defaults)]
    keyword = [a for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None]
    return tuple(argument.arg for argument in [*without_default, *keyword])


def names_in(node: ast.AST) -> Iterator[str]:
    """Every name that the code reads or binds."""
    for item in ast.walk(node):
        if isinstance(item, ast.Name):
            yield item.id


def _reached(name: str, uses: Callable[[str], frozenset[str] | None]) -> frozenset[str]:
    found: set[str] = set()
    queue = [name]
    while queue:
        for used in uses(queue.pop()) or ():
            if used not in found:
                found.add(used)
                queue.append(used)
    return frozenset(found)


def _call(node: ast.FunctionDef) -> str | None:
    """The call without arguments; weights are never downloaded."""
    if required(node.args, skip=0):
        return None
    positional = [*node.args.posonlyargs, *node.args.args]
    defaults = dict(
        zip([p.arg for p in positional[len(positional) - len(node.args.defaults) :]], node.args.defaults, strict=True)
    )
    pretrained = defaults.get("pretrained")
    wanted = isinstance(pretrained, ast.Constant) and bool(pretrained.value)
    return f"{node.name}(pretrained=False)" if wanted else f"{node.name}()"
