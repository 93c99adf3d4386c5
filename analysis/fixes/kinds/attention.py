"""Attention written as two products around a softmax, as `F.scaled_dot_product_attention`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import libcst as cst

from ..fix import Fix, Rewriting
from ..place import Place
from ..source.replacing import replaced
from ..source.term import Operation, Term
from ..source.values import is_plain_number
from .masks import Mask, mask_of
from .products import scores, weighted

_CASTS = ("to", "type_as", "type", "float")
_CAUTION = "a row that is masked as a whole gives NaN or zeros, no longer the mean of its values"


@dataclass(frozen=True, slots=True)
class _Scores:
    """What leads to a softmax, as it is written; `scale` None where nothing scales. `kept` is what the code of these reads."""

    query: Term
    key: Term
    key_code: str
    scale: str | None = None
    mask: Mask | None = None
    kept: tuple[Term, ...] = ()


def _rewrite(place: Place) -> Rewriting | None:
    return place.rewriting(partial(_attention, place))


def _attention(place: Place, root: Term) -> Rewriting | None:
    """softmax(query @ key.T * scale + mask) @ value, with what may be left out."""
    functional, product = root.flow.document.functional(), weighted(root)
    if functional is None or product is None:
        return None
    weights, value = product
    dropped = _uncast(weights).a("dropout")
    rate = _rate(dropped) if dropped is not None else ("", ())
    weights = _uncast(dropped.operands[0] if dropped is not None else weights)
    softmax, rank = weights.a("softmax"), _rank(place, weights)
    if rate is None or softmax is None or rank is None or not _over_last(softmax, rank):
        return None
    found = _scores(_uncast(softmax.operands[0]), rank)
    if found is None:
        return None
    kept = (found.query, found.key, value, *found.kept, *rate[1])
    arguments = [found.query.code, found.key_code, value.code, *_options(found, rate[0])]
    edits = replaced(root, kept, f"{functional[0]}.scaled_dot_product_attention", arguments)
    caution = _CAUTION if found.mask is not None and found.mask.finite else ""
    return Rewriting((*functional[1], *edits), caution=caution) if edits is not None else None


def _options(found: _Scores, dropout: str) -> list[str]:
    mask = [f"attn_mask={found.mask.argument}"] if found.mask is not None else []
    scale = "1.0" if found.scale is None else found.scale
    sizes = {f"{side.code}.{size}" for side in (found.query, found.key) for size in ("size(-1)", "shape[-1]")}
    usual = {form.format(size) for size in sizes for form in _USUAL}
    return [*mask, *([f"dropout_p={dropout}"] if dropout else []), *([] if scale in usual else [f"scale={scale}"])]


_USUAL = (
    "1 / math.sqrt({})",
    "(1.0 / math.sqrt({}))",
    "1.0 / math.sqrt({})",
    "{} ** -0.5",
    "1 / {} ** 0.5",
    "{}**-0.5",
)


def _scores(term: Term, rank: int) -> _Scores | None:
    """What scores are made of, from the softmax inwards: masks, then a scale, then the product."""
    step, guard = term.guarded, term.guard
    product = scores(term, rank) if guard is None else None
    if product is not None:
        query, key, code = product
        return _prescaled(_Scores(query, key, code))
    if step is None:
        return None
    if guard is None and step.name in ("mul", "div") and len(step.operands) == 2:
        return _scaled(step, rank)
    if guard is None and step.name in _CASTS:
        return _scores(step.operands[0], rank)
    masking = mask_of(step, guard)
    if masking is None:
        return None
    inner, mask = masking
    found = _scores(inner, rank)
    if found is None and mask.added and guard is None:
        other, inner = inner, mask.kept[0]
        found, mask = _scores(inner, rank), Mask(other.code, (other,), added=True)
    both = found.mask.and_then(mask) if found is not None and found.mask is not None else mask
    return replace(found, mask=both, kept=(*found.kept, *mask.kept)) if found is not None and both is not None else None


def _scaled(step: Operation, rank: int) -> _Scores | None:
    """A scale is a number and comes before masks."""
    for inner, scale in _sides(step):
        if is_plain_number(scale.written, scale.flow):
            found = _scores(inner, rank)
            if found is not None and found.scale is None and found.mask is None:
                return replace(found, scale=_scale(step.name, scale), kept=(*found.kept, scale))
    return None


def _sides(step: Operation) -> Sequence[tuple[Term, ...]]:
    """What is scaled and what by, in each way that a product or a quotient can be read."""
    return (step.operands, step.operands[::-1]) if step.name == "mul" else (step.operands,)


def _prescaled(found: _Scores) -> _Scores:
    """Takes the scale from a query that was scaled before the product."""
    step = found.query.a("mul", "div")
    if step is None or len(step.operands) != 2:
        return found
    for inner, scale in _sides(step):
        if is_plain_number(scale.written, scale.flow):
            return replace(found, query=inner, scale=_scale(step.name, scale), kept=(scale,))
    return found


def _scale(name: str, scale: Term) -> str:
    if name == "mul":
        return scale.code
    power = isinstance(scale.written, cst.BinaryOperation) and not isinstance(scale.written.operator, cst.Power)
    return f"1 / ({scale.code})" if power else f"1 / {scale.code}"


def _uncast(term: Term) -> Term:
    """Before conversions of the type: the function computes in FP32 what needs it."""
    while (found := term.operation) is not None and found.name in _CASTS:
        term = found.operands[0]
    return term


def _rate(found: Operation) -> tuple[str, tuple[Term, ...]] | None:
    """The probability of dropping, as it is written for the function, and what that reads."""
    if found.layer:
        return f"{found.layer}.p if self.training else 0.0", ()
    rate, training = found.option("p", 1), found.option("training", 2)
    if rate is None or training is None:
        return None
    terms = (Term(found.operands[0].flow, rate), Term(found.operands[0].flow, training))
    return f"{terms[0].code} if {terms[1].code} else 0.0", terms


def _over_last(softmax: Operation, rank: int) -> bool:
    dim = softmax.option("dim", 1)
    number = Term(softmax.operands[0].flow, dim).number if dim is not None else None
    return number in (-1, rank - 1)


def _rank(place: Place, weights: Term) -> int | None:
    """How many dimensions the scores had when they ran."""
    softmax = weights.flow.document.lines(
        weights.flow.statement(weights.definition.value if weights.definition else weights.written)
    )
    ranks = {len(place.result.graph.tensors[o.outputs[0]].shape) for o in place.running(softmax, "softmax")}
    return ranks.pop() if len(ranks) == 1 else None


FIX = Fix("use scaled_dot_product_attention", _rewrite)
