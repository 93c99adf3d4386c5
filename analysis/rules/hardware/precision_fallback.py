"""GP605: products run on the vector units, because the matrix units do not take the precision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ....hardware_profiles import Precision
from ...report import units
from ..finding import Finding, Rule
from ..subject import Subject

_NARROW = (Precision.TF32, Precision.BF16, Precision.FP16)
_INSTEAD = (Precision.BF16, Precision.FP16)


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model, where a precision was chosen for its speed and another that is no wider would have it."""
    question, device = subject.question, subject.question.device
    asked = question.precision
    if asked not in _NARROW or asked in device.compute.matrix:
        return
    products = [i for i, estimate in enumerate(subject.evaluation.subgraphs) if estimate.kernel.macs > 0]
    seconds = sum(map(subject.seconds, products))
    for instead in (precision for precision in _INSTEAD if precision in device.compute.matrix):
        gain = subject.gain(question=replace(question, precision=instead))
        if subject.worthwhile(gain, seconds):
            share = seconds / subject.figures.latency_s
            message = (
                f"{device.name} has no matrix unit for {asked.value}: products run on its vector units"
                f"{', in fp32' if asked is Precision.TF32 else ''}, {units.percent(share)} of the latency. In {instead.value}: "
                f"{gain.text}."
            )
            yield subject.finding(message, subject.class_place, gain=gain)
            return


RULE = Rule(
    code="GP605",
    name="precision-fallback",
    summary="Products run on vector units, because the device's matrix units do not take the precision that was asked for.",
    rationale=(
        "A narrow precision is fast where a matrix unit takes it. TF32 on a GPU before Ampere is plain FP32, FP16 on a CPU whose "
        "matrix units take BF16 runs on its vector units, several times slower."
    ),
    helps="the precision that the message names, or a device whose matrix units take the one that was asked for.",
    exceptions="BF16 has fewer digits than FP16 and TF32; FP16 a smaller range. A model may need what it was given.",
    example="""
        from torch import nn


        # graphperf: input=(64, 4096) hardware=xeon-8490h precision=fp16
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4096, 4096)

            def forward(self, x):
                return self.fc(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(64, 4096) hardware=xeon-8490h precision=bf16
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4096, 4096)

            def forward(self, x):
                return self.fc(x)
    """,
    severity="warning",
    on_device=check,
)
