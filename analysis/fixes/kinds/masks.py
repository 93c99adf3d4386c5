"""Masks of attention scores as `F.scaled_dot_product_attention` takes them: what is added, or True where a key is read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import libcst as cst

from ..source.term import Operation, Term

_INFINITE = ('float("-inf")', "float('-inf')", "-float('inf')", '-float("inf")')
_INFINITIES = ("torch.inf", "math.inf", "numpy.inf")
_LEAST = -1e4  # what code writes for "never": the softmax of a score this low is 0


@dataclass(frozen=True, slots=True)
class Mask:
    """What is written for the mask, and what that reads.

    `finite`: masked scores stay numbers; then a row that is masked as a whole has a mean, which it has not with the mask.
    `guard`: there is the mask `otherwise` where that is None.
    """

    code: str
    kept: tuple[Term, ...]
    added: bool
    finite: bool = False
    guard: str = ""
    otherwise: str = "None"

    @property
    def argument(self) -> str:
        """As it is given to the function."""
        if self.guard in ("", self.code):
            return self.code
        return f"{self.code} if {self.guard} is not None else {self.otherwise}"

    def and_then(self, later: Mask) -> Mask | None:
        """Both, one after the other, where both are added."""
        if not (self.added and later.added) or self.guard:
            return None
        return replace(later, code=f"{self.code} + {later.code}", kept=(*self.kept, *later.kept), otherwise=self.code)


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
    return replace(mask, kept=(*mask.kept, term), guard=term.code)


def _is_finite(fill: Term) -> bool | None:
    """Whether what stands for "never" is a number; None where it is neither that nor infinite."""
    node = fill.written
    if fill.code in _INFINITE:
        return False
    positive = (
        node.expression if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus) else None
    )
    if positive is not None and fill.flow.document.full_name(positive) in _INFINITIES:
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
