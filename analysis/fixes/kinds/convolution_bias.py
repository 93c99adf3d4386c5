"""Leaves out the bias of a convolution that the normalization behind it takes away again."""

from __future__ import annotations

import libcst as cst

from ..edit import Edit
from ..fix import Fix, Rewriting
from ..place import Place
from ..source.document import Document

_BIAS_PLACE = 7  # in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias


def _rewrite(place: Place) -> Rewriting | None:
    document, line = place.document, place.finding.line
    calls = [call for call in document.every(cst.Call) if line in document.lines(call) and _is_convolution(document, call)]
    starting = [call for call in calls if document.start(call)[0] == line] or calls
    edits = [edit for call in starting if (edit := _without_bias(document, call)) is not None]
    return Rewriting(tuple(edits)) if len(starting) == len(edits) == 1 else None


def _is_convolution(document: Document, call: cst.Call) -> bool:
    return document.full_name(call.func).startswith(("torch.nn.Conv1d", "torch.nn.Conv2d", "torch.nn.Conv3d"))


def _without_bias(document: Document, call: cst.Call) -> Edit | None:
    given = [argument for argument in call.args if argument.keyword is not None and argument.keyword.value == "bias"]
    if given:
        value = given[0].value
        return document.replacing(value, "False") if document.code(value) == "True" else None
    if not call.args or any(argument.star for argument in call.args):
        return None
    if sum(argument.keyword is None for argument in call.args) > _BIAS_PLACE:
        return None
    return document.inserting_behind(call.args[-1], ", bias=False")


FIX = Fix(
    "leave out the bias",
    _rewrite,
    caution="checkpoints that have the bias no longer fit; in evaluation, outputs change until the running mean is learned again",
)
