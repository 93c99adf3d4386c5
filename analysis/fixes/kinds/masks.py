"""Masks of attention scores as `F.scaled_dot_product_attention` takes them: what is added, or True where a key is read."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from ..source.term import Operation, Term

_INFINITE = ('float("-inf")', "float('-inf')", "-float('inf')", '-float("inf")')
_INFINITIES = ("torch.inf", "math.inf", "numpy.inf")
_LEAST = -1e4  # what code writes for "never": the softmax of a score this low is 0


@dataclass(frozen=True, slots=True)
class Mask:
    """The argument as it is written, what it reads, and whether masked scores stay finite numbers: then a row that is masked as
    a whole has a mean, and none with the mask."""

    code: str
    kept: tuple[Term, ...]
    added: bool
    finite: bool = False


def mask_of(found: Operation, guard: cst.BaseExpression | None) -> tuple[Term, Mask] | None:
    """The scores and the mask of an operation that masks scores; `guard`: what it is skipped for where that is None."""
    if found.name == "add" and len(found.operands) == 2 and not found.options:
        first, second = found.operands
        return (first, _guarded(Mask(second.code, (second,), added=True), second, guard))
    if found.name == "masked_fill" and len(found.operands) == 3 and not found.options:
        scores, condition, fill = found.operands
        code = _negated(condition)
    elif found.name == "where" and len(found.operands) == 3 and not found.options:
        condition, scores, fill = found.operands
        code = condition.code
    else:
        return None
    finite = _is_finite(fill)
    return None if finite is None else (scores, _guarded(Mask(code, (condition,), False, finite), condition, guard))


def _guarded(mask: Mask, given: Term, guard: cst.BaseExpression | None) -> Mask:
    if guard is None:
        return mask
    term = Term(given.flow, guard)
    if mask.code == term.code:
        return mask
    code = f"{mask.code} if {term.code} is not None else None"
    return Mask(code, (*mask.kept, term), mask.added, mask.finite)


def _is_finite(fill: Term) -> bool | None:
    """Whether what stands for "never" is a number; None where it is neither that nor infinite."""
    node = fill.written
    if fill.code in _INFINITE:
        return False
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        if fill.flow.document.full_name(node.expression) in _INFINITIES:
            return False
    if isinstance(node, cst.Attribute) and node.attr.value == "min" and isinstance(node.value, cst.Call):
        return True if fill.flow.document.full_name(node.value.func) == "torch.finfo" else None
    return True if fill.number is not None and fill.number <= _LEAST else None


def _negated(condition: Term) -> str:
    node, document = condition.written, condition.flow.document
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.BitInvert):
        return document.code(node.expression)
    if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
        only = node.comparisons[0]
        sign = "!=" if isinstance(only.operator, cst.Equal) else "==" if isinstance(only.operator, cst.NotEqual) else ""
        if sign:
            return f"{document.code(node.left)} {sign} {document.code(only.comparator)}"
    simple = isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call)
    return f"~{condition.code}" if simple else f"~({condition.code})"
