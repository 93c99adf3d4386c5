"""Layer normalization and RMS normalization written out, as `F.layer_norm` and `F.rms_norm`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial

import libcst as cst

from ..fix import Fix, Rewriting
from ..place import Place
from ..source.formula import Form, form_of, formula, leaves, variables
from ..source.replacing import replaced
from ..source.term import Term
from ..source.values import is_plain_number

_CENTRED = "(x - x.mean({dim}, keepdim=True))"
_VARIANCES = (f"{_CENTRED}.pow(2).mean({{dim}}, keepdim=True)", "x.var({dim}, unbiased=False, keepdim=True)")
_LAYER_NORMS = tuple(f"{_CENTRED} / torch.sqrt({variance} + eps)" for variance in _VARIANCES)
_RMS_NORM = "x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)"
_WEIGHTED = ("{0}", "weight * {0}", "weight * {0} + bias")


def _rewrite(place: Place) -> Rewriting | None:
    return place.rewriting(partial(_written_out, place))


@cache
def _forms() -> tuple[tuple[str, Form], ...]:
    """What is normalized over, and how that looks."""
    rows = [("rows", one.format(dim=-1)) for one in _LAYER_NORMS]
    channels = [("channels", one.format(dim=1)) for one in _LAYER_NORMS]
    found = [(over, weighted.format(one)) for over, one in (*rows, *channels) for weighted in _WEIGHTED]
    squares = [("squares", weighted.format(_RMS_NORM)) for weighted in _WEIGHTED[:2]]
    return tuple((over, formula(written)) for over, written in (*found, *squares))


def _written_out(place: Place, root: Term) -> Rewriting | None:
    functional = root.flow.document.functional()
    if functional is None or root.a("mul", "div", "add") is None:
        return None
    for x, over, bound in _found(root):
        weights = {name: _own(bound[name]) for name in ("weight", "bias") if name in bound}
        if is_plain_number(bound["eps"].written, root.flow) and None not in weights.values():
            name, arguments, after = _call(x, over, [f"{code}" for code in weights.values()])
            if over != "channels" or _is_image(place, root):
                given = [*arguments, f"eps={bound['eps'].code}"]
                edits = replaced(root, (x, *bound.values()), f"{functional[0]}.{name}", given, after)
                return Rewriting((*functional[1], *edits), title=f"use {name}") if edits is not None else None
    return None


def _found(root: Term) -> Iterator[tuple[Term, str, Mapping[str, Term]]]:
    for x in variables(root):
        form = form_of(root, x)
        for over, pattern in _forms() if form is not None else ():
            bound = leaves(pattern, form) if form is not None else None
            if bound is not None:
                yield x, over, bound


def _call(x: Term, over: str, weights: list[str]) -> tuple[str, list[str], str]:
    """Function, arguments, and what follows the call."""
    if over == "channels":
        flat = [f"{weight}.flatten()" if "[" not in weight else weight.partition("[")[0] for weight in weights]
        return "layer_norm", [f"{x.code}.permute(0, 2, 3, 1)", f"{x.code}.shape[1:2]", *flat], ".permute(0, 3, 1, 2)"
    name = "layer_norm" if over == "rows" else "rms_norm"
    return name, [x.code, f"{x.code}.shape[-1:]", *weights], ""


def _own(term: Term) -> str | None:
    """A parameter of the module, perhaps with dimensions added, as it is written."""
    node = term.written.value if isinstance(term.written, cst.Subscript) else term.written
    return term.code if isinstance(node, cst.Attribute) and term.code.startswith("self.") else None


def _is_image(place: Place, root: Term) -> bool:
    """Whether what ran at the line had four dimensions."""
    ran = place.running(root.flow.document.lines(root.flow.statement(root.written)), "mul", "div", "add")
    return {len(place.result.graph.tensors[operator.outputs[0]].shape) for operator in ran} == {4}


FIX = Fix("use PyTorch's function for the normalization", _rewrite)
