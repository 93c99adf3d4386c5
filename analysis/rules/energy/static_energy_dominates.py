"""GP502: most of a model's energy is the static power of a device that is little used."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ..finding import Finding, Rule
from ..subject import Subject
from .otherwise import best_otherwise

_DOMINATES = 0.75
_LITTLE_USED = 0.5


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model. Where the device mostly waits for launches, that is another finding (GP2xx)."""
    found, device = subject.evaluation.totals, subject.question.device
    total, static = found.energy.value, float(found.energies.static.sum())
    waits = float(found.times.launch_s.sum()) / found.latency.value if found.latency.value else 1.0
    if not total or static / total < _DOMINATES or waits >= _LITTLE_USED or found.utilization >= _LITTLE_USED:
        return
    otherwise = best_otherwise(subject)
    message = (
        f"{units.percent(static / total)} of the energy on {device.name} is static power, {units.joules(static)} of "
        f"{units.joules(total)}: it is drawn for {units.seconds(found.latency.value)}, in which useful work fills "
        f"{units.percent(found.utilization)} of the units. A larger batch would share it"
    )
    if otherwise is None:
        yield subject.finding(f"{message}.", subject.class_place)
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
        "pays that power for all of them, for as long as it runs. Reported where static power is at least three quarters of the "
        "energy, and less than half of the units have useful work."
    ),
    helps="a larger batch, whatever shortens the run, or a smaller device.",
    exceptions=(
        "where the device waits for the launches of its kernels most of the time, nothing is said here: that is a finding of "
        "its own. A request must sometimes be answered at once, alone."
    ),
    example="""
        from torch import nn


        # graphperf: input=(16, 16384)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(16384, 16384)
                self.down = nn.Linear(16384, 16384)

            def forward(self, x):
                return self.down(self.up(x).relu())
    """,
    better="""
        from torch import nn


        # graphperf: input=(4096, 16384)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(16384, 16384)
                self.down = nn.Linear(16384, 16384)

            def forward(self, x):
                return self.down(self.up(x).relu())
    """,
    severity="information",
    on_device=check,
)
