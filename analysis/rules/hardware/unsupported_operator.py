"""GP601: operators that the device cannot run, and where they run instead."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ..finding import Finding, Limits, Rule
from ..subject import Line, Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line and device."""
    estimates = subject.evaluation.subgraphs
    if subject.question.device.npu is not None:
        for line in subject.lines(lambda index: estimates[index].allocation.fallback, subject.seconds):
            share = sum(map(subject.edp, line.kernels))
            yield subject.finding(_message(subject, line), line, share=share)


def _message(subject: Subject, line: Line) -> str:
    device = subject.question.device
    assert device.npu is not None
    missing = dict.fromkeys(kind for i in line.kernels for kind, _ in subject.evaluation.subgraphs[i].kernel.operators)
    return (
        f"{subject.label(line)}: {device.name} does not run "
        f"{', '.join(missing)}; it falls back to the {device.npu.fallback.device}, {units.percent(line.share)} of the latency."
    )


RULE = Rule(
    code="GP601",
    name="unsupported-operator",
    summary="The device does not run an operator; it falls back to another processor.",
    rationale=(
        "Accelerators for inference run a list of operators; a compiler moves the others to the processor beside it, and "
        "their operands with them. The list of a device is in its profile, with its source."
    ),
    helps="an operator of the list that does the same, or another device.",
    exceptions="lists grow with compilers; the profile says which version its list is of.",
    example="""
        import torch
        from torch import nn


        # graphperf: input=(1, 3, 64, 64) hardware=coral-edge-tpu precision=int8 mode=kpu
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 16, 3)

            def forward(self, x):
                return torch.cumsum(self.conv(x), 1)
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(1, 3, 64, 64) hardware=coral-edge-tpu precision=int8 mode=kpu
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 16, 3)

            def forward(self, x):
                return torch.relu(self.conv(x))
    """,
    severity="warning",
    on_device=check,
    limits=Limits(least_share=0.0, most=1_000_000),
)
