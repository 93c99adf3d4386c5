"""Activations written out in several operators, as the one function that PyTorch has for each."""

from __future__ import annotations

from functools import cache

from ..fix import Fix, Rewriting
from ..place import Place
from ..source.formula import Form, form_of, formula, variables
from ..source.replacing import replaced
from ..source.term import Term

_FORMULAS = {
    "x * torch.sigmoid(x)": ("silu",),
    "x / (1 + torch.exp(-x))": ("silu",),
    "0.5 * x * (1 + torch.erf(x / math.sqrt(2)))": ("gelu",),
    "0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))": ("gelu", 'approximate="tanh"'),
    "0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x**2)))": ("gelu", 'approximate="tanh"'),
    "x * torch.tanh(F.softplus(x))": ("mish",),
    "x * F.relu6(x + 3) / 6": ("hardswish",),
    "F.relu6(x + 3) / 6": ("hardsigmoid",),
}


def _rewrite(place: Place) -> Rewriting | None:
    return place.rewriting(_written_out)


@cache
def _forms() -> dict[Form, tuple[str, ...]]:
    return {formula(written): call for written, call in _FORMULAS.items()}


def _written_out(root: Term) -> Rewriting | None:
    functional = root.flow.document.functional()
    if functional is None or root.a("mul", "div") is None:
        return None
    for x in variables(root):
        form = form_of(root, x)
        call = next((c for known, c in _forms().items() if form is not None and known.shape == form.shape), None)
        if call is not None:
            name, *options = call
            edits = replaced(root, (x,), f"{functional[0]}.{name}", [x.code, *options])
            return Rewriting((*functional[1], *edits), title=f"use {name}") if edits is not None else None
    return None


FIX = Fix("use PyTorch's function for the activation", _rewrite)
