"""A product with a weight and the bias added to it, as `F.linear`: one kernel instead of two."""

from __future__ import annotations

import libcst as cst

from ..fix import Fix, Rewriting
from ..place import Place
from ..source.replacing import replaced
from ..source.term import Operation, Term


def _rewrite(place: Place) -> Rewriting | None:
    return place.rewriting(_biased)


def _biased(root: Term) -> Rewriting | None:
    functional, found = root.flow.document.functional(), root.a("add")
    if functional is None or found is None or len(found.operands) != 2 or found.options:
        return None
    for product, bias in (found.operands, found.operands[::-1]):
        factors = product.a("matmul", "mm")
        if factors is not None and len(factors.operands) == 2 and _is_weight(bias):
            given, weight = factors.operands
            rows = _rows(weight)
            if rows is not None:
                arguments = [given.code, rows, bias.code]
                edits = replaced(root, (given, weight, bias), f"{functional[0]}.linear", arguments)
                return Rewriting((*functional[1], *edits)) if edits is not None else None
    return None


def _rows(weight: Term) -> str | None:
    """The weight with a row for each output, as it is written."""
    found = weight.operation
    if found is not None and _is_weight(found.operands[0]) and _transposes(found):
        return found.operands[0].code
    return f"{weight.code}.t()" if _is_weight(weight) else None


def _transposes(found: Operation) -> bool:
    """Whether it exchanges the two dimensions of a matrix."""
    if found.name in ("t", "T", "mT"):
        return len(found.operands) == 1 and not found.options
    numbers = {operand.number for operand in found.operands[1:]}
    return found.name == "transpose" and numbers in ({0.0, 1.0}, {-1.0, -2.0})


def _is_weight(term: Term) -> bool:
    """Whether it is an attribute of the module, not what the module is run on."""
    return isinstance(term.written, cst.Attribute) and term.code.startswith("self.") and term.code.count(".") == 1


FIX = Fix("use linear with the bias", _rewrite)
