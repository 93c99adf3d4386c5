"""GP411: a layer norm or RMS norm written out as several operators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...graph import Graph, Operator
from ...report import units
from ...rewriting import Rewriting
from ..changes import changes
from ..finding import Finding, Rule
from ..places import label
from ..subject import Subject
from .meaning import Region, Regions, Row

# Sample rows have a mean that is not zero, and so much variance that no epsilon matters.
_MEAN, _DEVIATION = 3.0, 20.0
# The unbiased deviation of a row of 64 numbers is 0.8 % off the biased one.
_TOLERANCE = 0.01
_SHORTEST_ROW = 8
_LAST = frozenset({"mul", "div"})


@dataclass(frozen=True, slots=True)
class _Norm:
    """A norm by `region`, and the operators that scale and shift its result, with what they scale and shift by."""

    name: str
    region: Region
    affine: tuple[tuple[Operator, str, int], ...]

    @property
    def at(self) -> Operator:
        """The operator that divides by the deviation."""
        return self.region.at

    @property
    def touched(self) -> tuple[int, ...]:
        """Ids of the operators."""
        return (*self.region.touched, *(operator.id for operator, _, _ in self.affine))


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line."""
    regions = Regions.of(subject.graph)

    def rewritten(found: Sequence[_Norm]) -> Graph:
        changed = Rewriting(subject.graph)
        for norm in found:
            for operator in norm.touched[:-1]:
                changed.show(operator, norm.region.root)
            given = {"input": norm.region.root, **{name: tensor for _, name, tensor in norm.affine}}
            changed.put(norm.touched[-1], norm.name, given)
        return changed.graph()

    for change in changes(subject, _written_out(regions), rewritten):
        norm = change.matches[0]
        message = (
            f"{label(change.first, len(change.matches))}: {'RMS' if norm.name == 'rms_norm' else 'layer'} norm written out as "
            f"{len(norm.touched)} operators, {units.seconds(change.seconds)} in all. F.{norm.name} is one: "
            f"{change.gain.text} for the model."
        )
        yield subject.finding(message, change.place, gain=change.gain, related=change.written)


def _written_out(regions: Regions) -> Iterator[_Norm]:
    for operator in regions.graph.operators:
        if operator.kind in _LAST and not operator.view:
            for region in regions.ending_in(operator):
                name = _name(region, regions)
                if name is not None:
                    yield _Norm(name, region, tuple(_affine(region.at, name, regions)))
                    break


def _name(region: Region, regions: Regions) -> str | None:
    shape = regions.graph.tensors[region.root].shape
    length = shape[-1] if shape else 0
    statistics = any(operator.kind in ("mean", "sum", "var", "std") for operator in region.operators)
    if not statistics or length < _SHORTEST_ROW or region.of_one_call:
        return None
    row = _MEAN + _DEVIATION * np.cos(1.7 * np.arange(length))
    found = regions.computed(region, row)
    if found is None or found.shape != row.shape:
        return None
    expected = {
        "layer_norm": (row - row.mean()) / row.std(),
        "rms_norm": row / np.sqrt(np.square(row).mean()),
    }
    return next((name for name, values in expected.items() if _alike(found, values)), None)


def _alike(found: Row, expected: Row) -> bool:
    return bool(np.abs(found - expected).max() < _TOLERANCE * np.abs(expected).max())


def _affine(last: Operator, name: str, regions: Regions) -> Iterator[tuple[Operator, str, int]]:
    """The operators that multiply by a weight of the row's length and add one, where they follow alone."""
    tensors = regions.graph.tensors
    for kind, argument in (("mul", "weight"), ("add", "bias")):
        following = regions.alone(last.outputs[0])
        if following is None or following.kind != kind or (name, kind) == ("rms_norm", "add"):
            return
        length = tensors[last.outputs[0]].shape[-1:]
        vector = next((t for t in following.inputs if tensors[t].is_weight and tensors[t].shape == length), None)
        if vector is None:
            return
        yield following, argument, vector
        last = following


RULE = Rule(
    code="GP411",
    name="written-out-norm",
    summary="A layer norm or RMS norm is written out as several operators.",
    rationale=(
        "Means, squares, roots and divisions as operators of their own read and write the tensor many times in eager mode, and "
        "are launched one by one; `F.layer_norm` reads it once. What the operators compute is told by running them on a sample "
        "row, so the spelling does not matter."
    ),
    helps="`F.layer_norm` or `nn.LayerNorm`, `F.rms_norm` or `nn.RMSNorm`.",
    exceptions=(
        "`x.std()` is the unbiased deviation by default and `F.layer_norm` takes the biased one: with rows of some hundred "
        "numbers the results differ by less than a percent, which trained weights may still notice. `F.rms_norm` is one kernel "
        "from PyTorch 2.9 on; before, it ran the same operators."
    ),
    example="""
        import torch
        from torch import nn


        # graphperf: input=(8, 1024, 1024)
        class RMSNorm(nn.Module):
            def __init__(self, dim=1024):
                super().__init__()
                self.weight = nn.Parameter(torch.ones(dim))

            def forward(self, x):
                variance = x.pow(2).mean(-1, keepdim=True)
                return x * torch.rsqrt(variance + 1e-6) * self.weight
    """,
    better="""
        import torch
        from torch import nn
        from torch.nn import functional as F


        # graphperf: input=(8, 1024, 1024)
        class RMSNorm(nn.Module):
            def __init__(self, dim=1024):
                super().__init__()
                self.weight = nn.Parameter(torch.ones(dim))

            def forward(self, x):
                return F.rms_norm(x, self.weight.shape, self.weight, 1e-6)
    """,
    severity="warning",
    on_device=check,
)
