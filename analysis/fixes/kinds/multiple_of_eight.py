"""Widens features to the next multiple of 8, which the matrix units of a device work on without padding."""

from __future__ import annotations

import libcst as cst

from ..fix import Fix, Rewriting
from ..place import Place

_STEP = 8


def _rewrite(place: Place) -> Rewriting | None:
    """The number at the finding's line, wherever the class gives it to a layer or has it as a default."""
    document, line = place.document, place.finding.line
    owner = next((c for c in document.every(cst.ClassDef) if line in document.lines(c)), None)
    calls = [] if owner is None else [c for c in document.every(cst.Call, owner) if _makes_layer(place, c)]
    held = [(call, number) for call in calls for number in _numbers(call)]
    odd = [number.value for call, number in held if line in document.lines(call) and _is_odd(number)]
    if len(set(odd)) != 1:
        return None
    wide = -(-int(odd[0]) // _STEP) * _STEP
    edits = tuple(document.replacing(number, str(wide)) for _, number in held if number.value == odd[0])
    return Rewriting(edits, title=f"use {wide} features in the place of {odd[0]}")


def _makes_layer(place: Place, call: cst.Call) -> bool:
    return place.document.full_name(call.func).startswith("torch.nn.")


def _numbers(call: cst.Call) -> list[cst.Integer]:
    """The literal numbers of features among the arguments: the first two."""
    named = ("in_channels", "out_channels", "in_features", "out_features", "num_features")
    chosen = [a.value for i, a in enumerate(call.args) if (a.keyword is None and i < 2) or (a.keyword is not None and a.keyword.value in named)]
    return [value for value in chosen if isinstance(value, cst.Integer)]


def _is_odd(number: cst.Integer) -> bool:
    return number.evaluated_value > _STEP and number.evaluated_value % _STEP != 0


FIX = Fix("use a multiple of 8", _rewrite, caution="the number of parameters changes: the model is another one, to be trained anew")
