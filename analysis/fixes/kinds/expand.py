"""`repeat` of dimensions of size 1 as `expand`, which copies nothing."""

from __future__ import annotations

from functools import partial

import libcst as cst

from ..fix import Fix, Rewriting
from ..place import Place
from ..source.term import Term


def _rewrite(place: Place) -> Rewriting | None:
    return place.rewriting(partial(_repeated, place))


def _repeated(place: Place, root: Term) -> Rewriting | None:
    call = root.written
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute) or call.func.attr.value != "repeat":
        return None
    if any(argument.keyword or argument.star for argument in call.args):
        return None
    times = [argument.value for argument in call.args]
    if len(times) == 1 and isinstance(times[0], cst.Tuple | cst.List):
        times = [element.value for element in times[0].elements]
    ran = place.running(root.flow.document.lines(call), "repeat")
    shapes = {place.result.graph.tensors[operator.inputs[0]].shape for operator in ran}
    if len(shapes) != 1 or any(place.written_later(operator) for operator in ran):
        return None
    shape = shapes.pop()
    new = len(times) - len(shape)
    terms = [Term(root.flow, time) for time in times]
    if new < 0 or any(term.number != 1 and size != 1 for term, size in zip(terms[new:], shape, strict=True)):
        return None
    shown = [term.code if term.number != 1 or index < new else "-1" for index, term in enumerate(terms)]
    document = root.flow.document
    return Rewriting((document.replacing(call, f"{document.code(call.func.value)}.expand({', '.join(shown)})"),))


FIX = Fix("use expand, which copies nothing", _rewrite)
