"""Layer normalization and RMS normalization written out, as `F.layer_norm` and `F.rms_norm`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial

from ..fix import Fix, Rewriting
from ..place import Place
from ..source.formula import Form, form_of, formula, leaves, variables
from ..source.replacing import replaced
from ..source.term import Term

_MEAN = "x.mean({dim}, keepdim=True)"
_CENTRED = f"(x - {_MEAN})"
_VARIANCES = (f"{_CENTRED}.pow(2).mean({{dim}}, keepdim=True)", "x.var({dim}, unbiased=False, keepdim=True)")
_SCALED = ("{0}", "weight * {0}", "weight * {0} + bias")


def _rewrite(place: Place) -> Rewriting | None:
    return place.rewriting(partial(_written_out, place))


@cache
def _layer_norms(dim: str) -> tuple[Form, ...]:
    bare = [f"{_CENTRED} / torch.sqrt({variance} + eps)".format(dim=dim) for variance in _VARIANCES]
    return tuple(formula(scaled.format(one)) for scaled in _SCALED for one in bare)


@cache
def _rms_norms() -> tuple[Form, ...]:
    bare = "x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)"
    return tuple(formula(scaled.format(bare)) for scaled in _SCALED[:2])


def _written_out(place: Place, root: Term) -> Rewriting | None:
    if root.a("mul", "div", "add") is None:
        return None
    for x in variables(root):
        form = form_of(root, x)
        for patterns, write in _KINDS:
            if form is not None:
                for pattern in patterns():
                    bound = leaves(pattern, form)
                    if bound is not None:
                        return write(place, root, x, bound)
    return None


def _over_rows(place: Place, root: Term, x: Term, bound: Mapping[str, Term]) -> Rewriting | None:
    return _call(root, "layer_norm", x, [f"{x.code}.shape[-1:]", *_weights(bound), f"eps={bound['eps'].code}"], bound)


def _over_channels(place: Place, root: Term, x: Term, bound: Mapping[str, Term]) -> Rewriting | None:
    ...
