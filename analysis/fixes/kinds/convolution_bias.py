"""Leaves out the bias of a convolution that the normalization behind it takes away again."""

from __future__ import annotations

import libcst as cst

from ..edit import Edit, insertion
from ..fix import Fix, Rewriting
from ..place import Place
from ..source.document import Document

# How many arguments come before the bias.
_LAYERS = {
    "Conv1d": 7,
    "Conv2d": 7,
    "Conv3d": 7,
    "ConvTranspose1d": 7,
    "ConvTranspose2d": 7,
    "ConvTranspose3d": 7,
    "Linear": 2,
}


def _rewrite(place: Place) -> Rewriting | None:
    document, line = place.document, place.finding.line
    calls = [
        call for call in document.every(cst.Call) if line in document.lines(call) and _layer(document, call) in _LAYERS
    ]
    starting = [call for call in calls if document.start(call)[0] == line] or calls
    edit = _without_bias(document, starting[0]) if len(starting) == 1 else None
    return Rewriting((edit,)) if edit is not None else None


def _layer(document: Document, call: cst.Call) -> str:
    return document.full_name(call.func).removeprefix("torch.nn.")


def _without_bias(document: Document, call: cst.Call) -> Edit | None:
    given = [argument for argument in call.args if argument.keyword is not None and argument.keyword.value == "bias"]
    if given:
        value = given[0].value
        return document.replacing(value, "False") if document.code(value) == "True" else None
    by_position = sum(argument.keyword is None for argument in call.args)
    if not call.args or any(argument.star for argument in call.args) or by_position > _LAYERS[_layer(document, call)]:
        return None
    last = call.args[-1]
    line, column = document.start(last)
    indent = document.line(line)[:column]
    if last.keyword is not None and not indent.strip():
        return insertion(line, f"{indent}bias=False,\n")
    return document.inserting_behind(last, ", bias=False")


FIX = Fix(
    "leave out the bias",
    _rewrite,
    caution="checkpoints that have the bias no longer fit, and in evaluation a freshly built model gives other results",
    pays=False,
)
