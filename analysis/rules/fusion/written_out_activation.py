"""GP404: an activation function that PyTorch has as one operator, written out as several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import erf, exp, log1p, pi, sqrt, tanh

import numpy as np

from ...graph import Graph, Operator
from ...report import units
from ...rewriting import Rewriting
from ..changes import changes
from ..finding import Finding, Rule
from ..places import label
from ..subject import Subject
from .meaning import Region, Regions, Row

_POINTS = np.array([-7.0, -3.5, -2.0, -1.0, -0.4, 0.3, 0.75, 1.5, 3.2, 6.5])
# Constants such as 0.044715 and 1.414 are written with few digits.
_TOLERANCE = 2e-3
# The operators that such functions end in.
_LAST = frozenset({"mul", "div", "log", "log1p", "reciprocal", "clamp", "clamp_max", "hardtanh"})


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def _softplus(x: float) -> float:
    return log1p(exp(x))


# Name in torch.nn.functional, kind of the operator → what it computes.
_FUNCTIONS: Mapping[tuple[str, str], Callable[[float], float]] = {
    ("gelu", "gelu"): lambda x: 0.5 * x * (1 + erf(x / sqrt(2))),
    ('gelu(approximate="tanh")', "gelu"): lambda x: 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))),
    ("silu", "silu"): lambda x: x * _sigmoid(x),
    ("mish", "mish"): lambda x: x * tanh(_softplus(x)),
    ("hardswish", "hardswish"): lambda x: x * min(max(x + 3, 0), 6) / 6,
    ("hardsigmoid", "hardsigmoid"): lambda x: min(max(x + 3, 0), 6) / 6,
    ("softplus", "softplus"): _softplus,
    ("sigmoid", "sigmoid"): _sigmoid,
    ("logsigmoid", "log_sigmoid_forward"): lambda x: -_softplus(-x),
}
_VALUES: Mapping[tuple[str, str], Row] = {
    name: np.array([function(float(x)) for x in _POINTS]) for name, function in _FUNCTIONS.items()
}


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line."""
    regions = Regions.of(subject.graph)
    names = {region.at.id: (region, name) for region, name in _written_out(regions)}

    def rewritten(found: Sequence[Region]) -> Graph:
        changed = Rewriting(subject.graph)
        for region in found:
            for operator in region.touched[:-1]:
                changed.show(operator, region.root)
            changed.put(region.at.id, names[region.at.id][1][1], {"self": region.root})
        return changed.graph()

    for change in changes(subject, [region for region, _ in names.values()], rewritten):
        region = change.matches[0]
        function = names[region.at.id][1][0]
        message = (
            f"{label(change.first, len(change.matches))}: {function.partition('(')[0]} written out as {len(region.operators)} "
            f"operators, {units.seconds(change.seconds)} in all. F.{function} is one: {change.gain.text} for the model."
        )
        yield subject.finding(message, change.place, gain=change.gain, related=change.written)


def _written_out(regions: Regions) -> Iterator[tuple[Region, tuple[str, str]]]:
    """Each once: what is a part of one is no other."""
    claimed: set[int] = set()
    for operator in reversed(regions.graph.operators):
        if operator.kind in _LAST and not operator.view and operator.id not in claimed:
            found = _named(operator, regions)
            if found is not None:
                claimed.update(found[0].touched)
                yield found


def _named(last: Operator, regions: Regions) -> tuple[Region, tuple[str, str]] | None:
    for region in regions.ending_in(last):
        if len(region.operators) > 1 and not region.of_one_call:
            values = regions.computed(region, _POINTS)
            for name, expected in _VALUES.items():
                if values is not None and values.shape == expected.shape and _alike(values, expected):
                    return region, name
    return None


def _alike(values: Row, expected: Row) -> bool:
    return bool(np.abs(values - expected).max() < _TOLERANCE)


RULE = Rule(
    code="GP404",
    name="written-out-activation",
    summary="An activation function that PyTorch has as one operator is written out as several.",
    rationale=(
        "In eager mode every operator reads its operands from memory and writes its result, and is launched on its own. "
        "GELU as `0.5 * x * (1 + torch.erf(x / sqrt(2)))` is five passes over the tensor, `F.gelu` one; in training it also "
        "keeps four more tensors for the backward pass. What the operators compute is told by running them on sample numbers, "
        "so the spelling does not matter."
    ),
    helps=(
        'the function of `torch.nn.functional`: `gelu` (with `approximate="tanh"` for the form with tanh), `silu` (Swish), '
        "`mish`, `hardswish`, `hardsigmoid`, `softplus`, `sigmoid`, `logsigmoid`."
    ),
    exceptions=(
        "`torch.compile` and other compilers fuse such chains, so nothing is said there. Results may differ in the last digits."
    ),
    example="""
        import math

        import torch
        from torch import nn


        # graphperf: input=(8, 1024, 1024)
        class FeedForward(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(1024, 4096)
                self.down = nn.Linear(4096, 1024)

            def forward(self, x):
                x = self.up(x)
                x = 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
                return self.down(x)
    """,
    better="""
        from torch import nn
        from torch.nn import functional as F


        # graphperf: input=(8, 1024, 1024)
        class FeedForward(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(1024, 4096)
                self.down = nn.Linear(4096, 1024)

            def forward(self, x):
                return self.down(F.gelu(self.up(x)))
    """,
    severity="warning",
    on_device=check,
)
