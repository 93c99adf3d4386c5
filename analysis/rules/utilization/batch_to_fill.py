"""GP206: at this batch the device is mostly empty; the smallest batch that fills it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...mapping.kernels import Column
from ...report import units
from ...report.hints import unit_name
from ..finding import Finding, Limits, Rule
from ..subject import Subject

_FULL = 0.9
_MOST_DOUBLINGS = 12


def check(subject: Subject) -> Iterable[Finding]:
    """At most one finding, at the line of the class, about products that work rather than wait for their launch."""
    evaluation = subject.evaluation
    times, allocations = evaluation.totals.times, evaluation.totals.allocations
    if subject.question.device.kind not in ("gpu", "cpu") or not subject.graph.inputs:
        return
    products = np.array([estimate.kernel.macs > 0 for estimate in evaluation.subgraphs], dtype=np.bool_)
    work = times.work_s * products
    # Where launches or other operators take the time, a fuller device changes little.
    if subject.waits_for_launches or not work.any() or work.sum() < times.work_s.sum() / 2:
        return
    rounds = allocations.tiles / allocations.units
    now, batch = _filled(rounds, work), subject.graph.batch
    if now >= subject.limits.least_share:
        return
    fuller = next((2**n for n in range(1, _MOST_DOUBLINGS) if _filled(rounds * 2**n, work) >= _FULL), None)
    advice = f" About {batch * fuller} would, as tiles grow with the batch." if fuller is not None else ""
    message = (
        f"At batch {batch} products and convolutions fill {units.percent(now)} of the {allocations.units} "
        f"{unit_name(evaluation)} of {subject.question.device.name}.{advice} Now a sample takes "
        f"{units.seconds(subject.figures.latency_s / batch)} and {units.joules(subject.figures.energy_j / batch)}."
    )
    yield subject.finding(message, subject.class_place, severity="hint")


def _filled(rounds: Column, work: Column) -> float:
    """The filled part of all rounds of tiles, weighed by the time that each kernel works."""
    return float((work * rounds / np.maximum(1.0, np.ceil(rounds))).sum() / (work.sum() or 1.0))


RULE = Rule(
    code="GP206",
    name="batch-to-fill",
    summary="At this batch the device is mostly empty.",
    rationale=(
        "Convolutions and products are cut into tiles, one for an SM or a core. With fewer tiles than those, the rest waits, "
        "and more samples cost little more time. Reported when less than half is filled, over the time that products work; "
        "not where launches take more than half of the latency (GP201). The batch is the first doubling whose tiles fill "
        "nine tenths; it follows from today's tiles, not from an estimate at that batch (`graphperf sweep --batch` gives one)."
    ),
    helps="several samples at once, several models at once, or a smaller device.",
    exceptions="one sample at a time may be all there is; then the latency counts, not the filling.",
    example="""
        from torch import nn


        # graphperf: input=(1, 512, 7, 7) hardware=epyc-9654
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(512, 512, 7, padding=3)

            def forward(self, x):
                return self.conv(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(16, 512, 7, 7) hardware=epyc-9654
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(512, 512, 7, padding=3)

            def forward(self, x):
                return self.conv(x)
    """,
    severity="hint",
    on_device=check,
    limits=Limits(least_share=0.5, most=1),
)
