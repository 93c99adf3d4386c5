"""GP504: the power limit of a device slows a model down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ....hardware_profiles import Precision
from ...report import units
from ..finding import Finding, Rule
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model whose latency the limit makes a twentieth longer."""
    found, device = subject.evaluation.totals, subject.question.device
    if found.clock_share >= 1.0:
        return
    lost = float((found.times.busy_s * found.times.computing).sum()) * (1 - found.clock_share)
    share = lost / found.latency.value
    if share >= subject.limits.least_share:
        message = (
            f"{device.name} reaches its power limit of {device.power.tdp.si:.0f} W: the clock falls to "
            f"{units.percent(found.clock_share)}, and {units.seconds(lost)} of {units.seconds(found.latency.value)} "
            f"({units.percent(share)}) are due to it."
        )
        narrower = replace(subject.question, precision=Precision.FP16)
        wide = subject.question.precision in (Precision.FP32, Precision.TF32)
        gain = subject.gain(question=narrower) if wide and device.supports(Precision.FP16) else None
        if gain is not None and subject.worthwhile(gain, subject.figures.latency_s):
            yield subject.finding(
                f"{message} In fp16: {gain.text}.", subject.class_place, severity="information", gain=gain
            )
        else:
            yield subject.finding(
                f"{message} A higher limit would make it faster, not more frugal.", subject.class_place, severity="hint"
            )


RULE = Rule(
    code="GP504",
    name="power-limited",
    summary="The device's power limit lowers its clock while the model runs.",
    rationale=(
        "Arithmetic at the full clock would draw more than the device may. It lowers the clock until the power is that of the "
        "limit, and kernels that arithmetic bounds take longer. Reported where that is at least 5 % of the latency."
    ),
    helps="a precision that takes less energy an operation, fewer operations, or a variant of the device with a higher limit.",
    exceptions=(
        "the energies of operations are uncertain by a third where the device's were not measured, and so is the clock. A card "
        "with a limit of its own, or warm surroundings, behaves otherwise."
    ),
    example="""
        from torch import nn


        # graphperf: input=(16384, 8192) hardware=a40-48gb precision=fp16
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(8192, 16384)
                self.down = nn.Linear(16384, 8192)

            def forward(self, x):
                return self.down(self.up(x).relu())
    """,
    better="""
        from torch import nn


        # graphperf: input=(16, 8192) hardware=a40-48gb precision=fp16
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(8192, 16384)
                self.down = nn.Linear(16384, 8192)

            def forward(self, x):
                return self.down(self.up(x).relu())
    """,
    severity="information",
    on_device=check,
)
