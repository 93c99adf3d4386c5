"""GP204: the last wave of a product's tiles leaves most of the device empty."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from ...report import units
from ...report.hints import unit_name
from ..finding import Finding, Limits, Rule
from ..places import label
from ..subject import Line, Subject

_MOST_TIMES = 4


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line whose kernels lose enough of the latency in the tails of their waves."""
    estimates = subject.evaluation.subgraphs
    if subject.question.device.kind != "gpu":
        return  # other devices share work evenly, or run it in one stream

    def lost(index: int) -> float:
        """Seconds of a kernel in which units wait for the last of several waves."""
        return (1 - estimates[index].allocation.fill) * subject.seconds(index)

    def ends_in_a_tail(index: int) -> bool:
        found = estimates[index]
        several = found.allocation.tiles > found.allocation.units
        return found.kernel.macs > 0 and several and found.bottleneck == "compute"

    for line in subject.lines(ends_in_a_tail, subject.seconds):
        seconds = sum(map(lost, line.kernels))
        if seconds >= subject.limits.least_gain * subject.figures.latency_s:
            worst = max(line.kernels, key=lost)
            message = f"{_message(subject, line, worst, seconds)}{_advice(subject, line)}"
            yield subject.finding(message, line, share=subject.edp_of(line.kernels))


def _message(subject: Subject, line: Line, worst: int, seconds: float) -> str:
    found, unit = subject.evaluation.subgraphs[worst], unit_name(subject.evaluation)
    full, tail = divmod(found.allocation.tiles, found.allocation.units)
    return (
        f"{label(subject.evaluation.leading_operator(worst), len(line.kernels))}: {units.count(full, 'full round')} of "
        f"{found.allocation.units} {unit} and one of {units.count(tail, 'tile')}. In such tails {unit} wait "
        f"{units.seconds(seconds)}, {units.percent(seconds / subject.figures.latency_s)} of the latency on "
        f"{subject.question.device.name}."
    )


def _advice(subject: Subject, line: Line) -> str:
    """The batches next to the present one that lose less than half as much of these kernels, as tiles grow with the batch."""
    batch = subject.graph.batch
    below = next(
        (b for b in range(batch - 1, 0, -1) if _loss(subject, line, b) < _loss(subject, line, batch) / 2), None
    )
    further = range(batch + 1, _MOST_TIMES * batch + 1)
    above = next((b for b in further if _loss(subject, line, b) < _loss(subject, line, batch) / 2), None)
    chosen = " or ".join(str(b) for b in (below, above) if b is not None)
    return f" At batch {chosen} it would be less than half of that." if chosen else ""


def _loss(subject: Subject, line: Line, batch: int) -> float:
    """The empty part of all rounds at a batch, weighed by the time that the kernels take now."""
    lost = 0.0
    for kernel in line.kernels:
        found = subject.evaluation.subgraphs[kernel].allocation
        full = found.tiles * batch / subject.graph.batch / found.units
        lost += subject.seconds(kernel) * (1 - full / ceil(full))
    return lost


RULE = Rule(
    code="GP204",
    name="wave-tail",
    summary="The last round of a product's tiles leaves most of the device waiting.",
    rationale=(
        "A product is cut into tiles, which the units take in rounds. 140 tiles on 132 SMs take two rounds, and in the second "
        "one 124 SMs have nothing to do. The estimate knows that a part of this is filled, as units hold several tiles at "
        "different stages; what is left is said when arithmetic bounds the kernels and those of a line lose 5 % of the latency."
    ),
    helps="a batch, a number of channels or a resolution whose tiles come out even.",
    exceptions=(
        "libraries choose tiles by heuristics, and newer ones split the last round (stream-K); the estimate takes the fastest "
        "tile of its list."
    ),
    example="""
        from torch import nn


        # graphperf: input=(2304, 4096) hardware=rtx-3090 precision=fp16
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4096, 1280)

            def forward(self, x):
                return self.fc(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(2048, 4096) hardware=rtx-3090 precision=fp16
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4096, 1280)

            def forward(self, x):
                return self.fc(x)
    """,
    severity="information",
    on_device=check,
    limits=Limits(least_share=0.05, least_gain=0.05),
)
