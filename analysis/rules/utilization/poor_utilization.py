"""GP203: work that fills few of the device's SMs or cores."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ...report.hints import unit_name
from ..finding import Finding, Limits, Rule
from ..subject import Line, Subject

_POOR_FILL = 0.5


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line for kernels that leave more than half of the units empty and together hold a tenth of the latency."""
    estimates = subject.evaluation.subgraphs

    def poor(index: int) -> bool:
        """A product that works, rather than waits for its launch, on few of the units."""
        found = estimates[index]
        return found.kernel.macs > 0 and found.allocation.fill < _POOR_FILL and found.bottleneck != "launch"

    for line in subject.lines(poor, subject.seconds):
        share = sum(map(subject.edp, line.kernels))
        yield subject.finding(_message(subject, line), line, share=share)


def _message(subject: Subject, line: Line) -> str:
    allocation = subject.evaluation.subgraphs[line.kernels[0]].allocation
    unit = unit_name(subject.evaluation)
    waves = "1 wave" if allocation.waves == 1 else f"{allocation.waves} waves"
    return (
        f"{subject.label(line)}: fills {allocation.units_used} of {allocation.units} {unit} "
        f"({units.percent(allocation.fill)} over {waves}), {units.percent(line.share)} of the latency "
        f"on {subject.question.device.name}. {_advice(allocation.units, allocation.tiles, unit)}"
    )


def _advice(available: int, tiles: int, unit: str) -> str:
    if tiles < available:
        return f"About {-(-available // max(1, tiles))} times the batch would give every one of the {unit} work."
    return f"A slightly smaller or larger batch would fill the last wave of {unit}."


RULE = Rule(
    code="GP203",
    name="poor-utilization",
    summary="A layer's work fills less than half of the device's SMs or cores.",
    rationale=(
        "A kernel is cut into tiles, one for an SM (GPU) or a block of rows for a core (CPU). With fewer tiles than units, "
        "or with a last wave that is almost empty, the rest of the device idles. Reported for convolution- and matmul-like "
        "kernels whose time is not that of their launch, when those of one source line hold at least a tenth of the model's "
        "latency, at the line that holds most."
    ),
    helps="a larger batch, fewer and larger layers, or a smaller device.",
    exceptions=(
        "libraries choose tiles by heuristics; the estimate takes the fastest that fits, so a real kernel may fill more or less."
    ),
    example="""
        from torch import nn


        # graphperf: input=(1, 512, 7, 7) hardware=epyc-9654
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(512, 512, 3, padding=1)

            def forward(self, x):
                return self.conv(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(1, 512, 112, 112) hardware=epyc-9654
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(512, 512, 3, padding=1)

            def forward(self, x):
                return self.conv(x)
    """,
    severity="information",
    on_device=check,
    limits=Limits(least_share=0.1, most=1),
)
