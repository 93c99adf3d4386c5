"""The logarithm of a softmax, as `F.log_softmax`."""

from __future__ import annotations

from ..fix import Fix, Rewriting
from ..place import Place
from ..source.replacing import replaced
from ..source.term import Term


def _rewrite(place: Place) -> Rewriting | None:
    return place.rewriting(_logarithm)


def _logarithm(root: Term) -> Rewriting | None:
    functional, logarithm = root.flow.document.functional(), root.a("log")
    if functional is None or logarithm is None or len(logarithm.operands) != 1 or logarithm.options:
        return None
    softmax = logarithm.operands[0].a("softmax")
    dim = softmax.option("dim", 1) if softmax is not None else None
    if softmax is None or dim is None or set(softmax.options) - {"dim"}:
        return None
    given, along = softmax.operands[0], Term(root.flow, dim)
    edits = replaced(root, (given, along), f"{functional[0]}.log_softmax", [given.code, f"dim={along.code}"])
    return Rewriting((*functional[1], *edits)) if edits is not None else None


FIX = Fix("use log_softmax", _rewrite)
