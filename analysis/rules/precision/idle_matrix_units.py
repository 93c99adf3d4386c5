"""GP304: a model in FP32 on a device with matrix units for narrower formats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ....hardware_profiles import Precision
from ...numerics import Autocast, Defaults, Numerics, runs_in
from ..finding import Finding, Limits, Rule
from ..subject import Subject

_WIDE: tuple[Numerics, ...] = (Precision.FP32, Defaults.CUDNN_TF32)
# In words, for a GPU that has the unit and else: a flag of PyTorch, autocast, the whole model in a type.
_ON_GPU: tuple[tuple[str, Numerics], ...] = (
    ("TF32 (products: `torch.set_float32_matmul_precision('high')`; convolutions: PyTorch's default)", Precision.TF32),
    ("`torch.autocast` in FP16", Autocast.FP16),
)
_ELSEWHERE: tuple[tuple[str, Numerics], ...] = (("BF16", Precision.BF16),)


def check(subject: Subject) -> Iterable[Finding]:
    """At most one finding, at the line of the class: the format that gains most, where that is much and certain."""
    question = subject.question
    device = question.device
    if question.precision not in _WIDE or Precision.FP32 in device.compute.matrix or subject.waits_for_launches:
        return
    asked = _ON_GPU if device.kind == "gpu" else _ELSEWHERE
    possible = [(name, p) for name, p in asked if runs_in(device, p) and _has_unit(subject, p)]
    tried = [(name, subject.gain(question=replace(question, precision=p))) for name, p in possible]
    worth = [(name, gain) for name, gain in tried if subject.worthwhile(gain, subject.figures.latency_s)]
    if worth:
        text = "; ".join(f"{name}: {gain.text}" for name, gain in worth)
        message = f"{subject.graph.model} runs in FP32, and the matrix units of {device.name} take narrower formats only. {text}."
        gain = max((gain for _, gain in worth), key=lambda gain: gain.edp)
        yield subject.finding(message, subject.class_place, severity="hint", gain=gain)


def _has_unit(subject: Subject, numerics: Numerics) -> bool:
    precision = numerics.low if isinstance(numerics, Autocast) else numerics
    return precision in subject.question.device.compute.matrix


RULE = Rule(
    code="GP304",
    name="idle-matrix-units",
    summary="The model runs in FP32, which the device's matrix units do not take.",
    rationale=(
        "Tensor cores and their like multiply TF32, FP16 or BF16; FP32 runs on the vector units, at a fraction of the rate. The "
        "model is estimated once more in what the device has units for, with the casts of autocast. Reported as a hint, once a "
        "model, where it saves three tenths of the EDP and more than the estimate may be off by; not where launches take most "
        "of the latency (GP201)."
    ),
    helps=(
        "TF32 changes no code and no type, and cuDNN's convolutions run in it where nothing is set: `precision=tf32-conv` "
        "estimates that. Autocast keeps what needs its range in FP32."
    ),
    exceptions="accuracy is not judged here: a model that was trained in FP32 wants a test in the narrower format.",
    example="""
        from torch import nn


        # graphperf: input=(64, 512, 28, 28) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(512, 1024, 1)

            def forward(self, x):
                return self.conv(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(64, 512, 28, 28) hardware=rtx-3090 precision=amp
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(512, 1024, 1)

            def forward(self, x):
                return self.conv(x)
    """,
    severity="hint",
    on_device=check,
    limits=Limits(least_gain=0.3, most=1),
)
