"""GP502: most of a model's energy is the static power of a device that is little used."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ..finding import Finding, Rule
from ..subject import Subject
from .other_ways import best_otherwise

_DOMINATES = 0.9
_LITTLE_USED = 0.25


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model. Where the device mostly waits for launches, that is another finding (GP2xx)."""
    found, device = subject.evaluation.totals, subject.question.device
    total, static = found.energy.value, float(found.energies.static.sum())
    if not total or static / total < _DOMINATES or subject.waits_for_launches or found.utilization >= _LITTLE_USED:
        return
    otherwise = best_otherwise(subject)
    message = (
        f"{units.percent(static / total)} of the energy on {device.name} is static power, {units.joules(static)} of "
        f"{units.joules(total)}: it is drawn for {units.seconds(found.latency.value)}, in which useful work fills "
        f"{units.percent(found.utilization)} of the units. A larger batch would share it"
    )
    if otherwise is None:
        yield subject.finding(f"{message}.", subject.class_place, severity="hint")
    else:
        words, gain = otherwise
        yield subject.finding(
            f"{message}. {words}: {gain.text}.", subject.class_place, severity="information", gain=gain
        )


RULE = Rule(
    code="GP502",
    name="static-energy-dominates",
    summary="Most of the energy is static power, drawn by a device that the model fills little.",
    rationale=(
        "A device draws power for leakage, clocks and memory whatever it computes. A model that leaves most of its units empty "
        "pays that power for all of them, for as long as it runs. Reported where static power is at least nine tenths of the "
        "energy, and useful work fills less than a quarter of the units."
    ),
    helps="a larger batch, whatever shortens the run, or a smaller device.",
    exceptions=(
        "where the device waits for the launches of its kernels most of the time, nothing is said here: that is a finding of "
        "its own. A request must sometimes be answered at once, alone."
    ),
    example="""
        from torch import nn


        # graphperf: input=(1, 128, 14, 14) hardware=epyc-9654
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(*[nn.Conv2d(128, 128, 3, padding=1) for _ in range(4)])

            def forward(self, x):
                return self.layers(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(256, 128, 14, 14) hardware=epyc-9654
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(*[nn.Conv2d(128, 128, 3, padding=1) for _ in range(4)])

            def forward(self, x):
                return self.layers(x)
    """,
    severity="information",
    on_device=check,
)
