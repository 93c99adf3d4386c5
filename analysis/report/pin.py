"""The directive that states what a capture assumed of a model's inputs and constructor arguments."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ..discovery import ModelClass
from ..discovery.directive import DTYPES, directive_text
from ..pipeline import ModelResult
from ..syntax import parse_expression


@dataclass(frozen=True, slots=True)
class Pin:
    """A directive to write above line `line` (from 1), or, with `extends`, more of the directive that stands on that line."""

    line: int
    text: str
    extends: bool = False


def pin_of(result: ModelResult, model: ModelClass, class_line: int) -> Pin | None:
    """What to write above the class, whose definition that ran begins at `class_line`; None where nothing was assumed.

    A directive hides what `pyproject.toml` says of the class: there is none to write where that says something.
    """
    inputs = result.graph.inputs
    shapes = tuple((spec.shape, spec.dtype) for spec in inputs) if _assumed_inputs(result) else ()
    arguments = _arguments(result, model.name)
    if not shapes and arguments is None:
        return None
    text = directive_text(shapes, arguments)
    if model.directive is None:
        return Pin(model.span_at(class_line).first_line, f"# graphperf: {text}")
    return Pin(model.directive.line, text, extends=True) if model.directive.line else None


def _assumed_inputs(result: ModelResult) -> bool:
    inputs = result.graph.inputs
    return any(spec.origin.startswith("assumed") for spec in inputs) and all(spec.dtype in DTYPES for spec in inputs)


def _arguments(result: ModelResult, name: str) -> str | None:
    """The constructor's arguments where they were guessed and are all literals."""
    if not result.constructed.startswith("assumed "):
        return None
    call = parse_expression(result.expression).body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != name:
        return None
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not given or not all(map(_is_literal, given)):
        return None
    written = [*map(ast.unparse, call.args), *(f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords if k.arg)]
    return ", ".join(written)


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True
