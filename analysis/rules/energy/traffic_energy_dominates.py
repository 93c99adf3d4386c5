"""GP503: most of a model's energy moves data."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ..finding import Finding, Related, Rule
from ..places import label
from ..subject import Subject
from .other_ways import best_otherwise

_DOMINATES = 0.6


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model, at the line that moves most."""
    found, device = subject.evaluation.totals, subject.question.device
    traffic = float((found.energies.dram + found.energies.cache).sum())
    share = traffic / found.energy.value if found.energy.value else 0.0
    if share < _DOMINATES:
        return
    estimates = subject.evaluation.subgraphs
    lines = subject.lines(lambda index: True, lambda index: estimates[index].energy.memory)
    if not lines:
        return
    words, gain = best_otherwise(subject) or ("", None)
    first = label(subject.evaluation.leading_operator(lines[0].kernels[0]))
    related = [
        Related(
            f"{label(subject.evaluation.leading_operator(line.kernels[0]))}: {units.percent(line.share)} of it",
            line.file,
            line.line,
        )
        for line in lines[1:]
    ]
    message = (
        f"{units.percent(share)} of the energy on {device.name} moves data, {units.joules(traffic)} of "
        f"{units.joules(found.energy.value)}; this line, with {first}, holds {units.percent(lines[0].share)} of that."
    )
    advice = (
        f"{words}: {gain.text}."
        if gain is not None
        else "Less data or more reuse of it, as in a larger batch, saves energy."
    )
    severity = "information" if gain is not None else "hint"
    yield subject.finding(
        f"{message} {advice}", lines[0], severity=severity, share=lines[0].share, gain=gain, related=related
    )


RULE = Rule(
    code="GP503",
    name="traffic-energy-dominates",
    summary="Most of the model's energy moves data between memory and the units.",
    rationale=(
        "A byte from DRAM takes as much energy as tens to hundreds of operations. Where traffic is more than three fifths of "
        "the energy, fewer operations save little, and fewer bytes much."
    ),
    helps="fusion, a narrower precision, a larger batch where weights are read for few rows, smaller activations.",
    exceptions="a cache that holds more between kernels than the estimate lets it saves a part of it.",
    example="""
        from torch import nn


        # graphperf: input=(1, 8192) hardware=kpu-t256 precision=int8 mode=kpu
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(8192, 8192)
                self.down = nn.Linear(8192, 8192)

            def forward(self, x):
                return self.down(self.up(x).relu())
    """,
    better="""
        from torch import nn


        # graphperf: input=(4096, 8192) hardware=kpu-t256 precision=int8 mode=kpu
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(8192, 8192)
                self.down = nn.Linear(8192, 8192)

            def forward(self, x):
                return self.down(self.up(x).relu())
    """,
    severity="information",
    on_device=check,
)
