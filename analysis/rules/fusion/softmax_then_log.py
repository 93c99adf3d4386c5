"""GP409: the logarithm of a softmax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...graph import Graph, Operator
from ...report import units
from ...rewriting import Rewriting
from ..changes import changes
from ..finding import Finding, Rule
from ..places import label
from ..subject import Subject
from .meaning import Regions


@dataclass(frozen=True, slots=True)
class _Pair:
    softmax: Operator
    at: Operator

    @property
    def touched(self) -> tuple[int, ...]:
        """The logarithm: a softmax takes as long with it."""
        return (self.at.id,)


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line."""

    def rewritten(found: Sequence[_Pair]) -> Graph:
        changed = Rewriting(subject.graph)
        for pair in found:
            read = pair.softmax.inputs[0]
            changed.show(pair.softmax.id, read)
            changed.put(pair.at.id, "log_softmax", {"self": read}, pair.softmax.attributes)
        return changed.graph()

    for change in changes(subject, _pairs(subject.graph), rewritten):
        message = (
            f"{label(change.first, len(change.matches))}: the logarithm of a softmax is a pass of its own, "
            f"{units.seconds(change.seconds)}, and −inf where the softmax rounds to 0. F.log_softmax is one pass and exact: "
            f"{change.gain.text} for the model."
        )
        yield subject.finding(message, change.place, gain=change.gain, related=change.written)


def _pairs(graph: Graph) -> Iterator[_Pair]:
    """Logarithms that alone read a softmax."""
    regions = Regions.of(graph)
    for softmax in graph.operators:
        following = regions.alone(softmax.outputs[0]) if softmax.kind == "softmax" else None
        if following is not None and following.kind == "log":
            yield _Pair(softmax, following)


RULE = Rule(
    code="GP409",
    name="softmax-then-log",
    summary="The logarithm of a softmax is computed by two operators.",
    rationale=(
        "`torch.log(torch.softmax(x, -1))` writes the probabilities to memory, reads them again, and gives −inf where one "
        "rounds to zero. `log_softmax` subtracts the logarithm of the sum: one pass, and no such loss."
    ),
    helps="`F.log_softmax(x, dim)`, or a loss that takes logits, such as `F.cross_entropy`.",
    exceptions="where the probabilities are needed too, nothing is said.",
    example="""
        import torch
        from torch import nn
        from torch.nn import functional as F


        # graphperf: input=(4096, 512)
        class Head(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(512, 10000)

            def forward(self, x):
                return torch.log(F.softmax(self.fc(x), dim=-1))
    """,
    better="""
        from torch import nn
        from torch.nn import functional as F


        # graphperf: input=(4096, 512)
        class Head(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(512, 10000)

            def forward(self, x):
                return F.log_softmax(self.fc(x), dim=-1)
    """,
    severity="warning",
    on_device=check,
)
