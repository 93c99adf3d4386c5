"""The parameters of a constructor or of a function that makes models, and those that it hands to the constructors further up."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


# A class of models, or a function that makes them.
Made = Callable[..., Any]


def initializer(cls: Made) -> Any:
    """What takes the arguments: the constructor of a class, a function itself."""
    return cls.__init__ if isinstance(cls, type) else cls


def makers_in(cls: type) -> list[str]:
    """The names of the class methods of a class that make one of it: `from_name`."""
    methods = {name: given.__func__ for name, given in vars(cls).items() if isinstance(given, classmethod)}
    return [name for name, method in methods.items() if "pretrained" not in name and _makes_itself(method)]


def _makes_itself(method: Any) -> bool:
    """Whether a class method calls its class and returns something."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return False
    nodes = list(ast.walk(tree))
    calls = any(isinstance(node, ast.Call) and getattr(node.func, "id", "") == "cls" for node in nodes)
    return calls and any(isinstance(node, ast.Return) and node.value is not None for node in nodes)


def parameters_of(cls: Made) -> dict[str, inspect.Parameter]:
    """The parameters that have a name."""
    return {parameter.name: parameter for parameter in _signature(cls) if parameter.kind in _NAMED}


def is_open(cls: Made) -> bool:
    """Whether the constructor takes any keyword."""
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in _signature(cls))


def leading(cls: Made) -> list[str] | None:
    """The parameters before `*args`, where the constructor hands on what comes by position and no keywords; else None."""
    kinds = {parameter.kind: parameter.name for parameter in _signature(cls)}
    if inspect.Parameter.VAR_POSITIONAL not in kinds or inspect.Parameter.VAR_KEYWORD in kinds:
        return None
    return [p.name for p in _signature(cls) if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def annotation_of(cls: Made, parameter: inspect.Parameter) -> object:
    """The annotation; the class itself where it is written as a string and the class's own file knows it."""
    given = parameter.annotation
    known = getattr(initializer(cls), "__globals__", {})
    found = known.get(given.strip("'\"")) if isinstance(given, str) else None
    return found if isinstance(found, type) else given


def parent_with(cls: Made, name: str) -> Made:
    """The class further up whose constructor has a parameter of that name; the class itself when there is none."""
    return next((base for base in getattr(cls, "__mro__", ())[1:] if name in parameters_of(base)), cls)


def taken_by(cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the given keywords that the constructor of a class itself names."""
    known = inspect.signature(cls.__init__).parameters
    return {name: value for name, value in given.items() if name in known}


def _signature(cls: Made) -> list[inspect.Parameter]:
    """The parameters of the constructor itself, which a metaclass may hide."""
    try:
        return list(inspect.signature(initializer(cls)).parameters.values())[isinstance(cls, type) :]
    except (TypeError, ValueError):
        return []
