"""GP201: most of a model's latency is the launch of its kernels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...estimate import Question
from ...report import units
from ...what_if import WhatIf
from ..finding import Finding, Limits, Rule
from ..subject import Subject
from ..waits import waits

# Of fewer, such as a loss or a block that runs alone, the model that has it decides.
_LEAST_KERNELS = 10


def check(subject: Subject) -> Iterable[Finding]:
    """At most one finding, at the line of the class."""
    question, estimates = subject.question, subject.evaluation.subgraphs
    if question.device.kind != "gpu" or question.mode not in ("eager", "compiled") or subject.large:
        return
    kernels = sum(estimate.latency_s > 0 for estimate in estimates)
    if subject.launch_share < subject.limits.least_share or kernels < _LEAST_KERNELS:
        return
    tried = [(name, subject.gain(question=instead)) for name, instead in _instead(subject)]
    worth = [(name, gain) for name, gain in tried if subject.worthwhile(gain, subject.figures.latency_s)]
    if worth:
        text = "; ".join(f"{name}: {gain.text}" for name, gain in worth)
        message = (
            f"{subject.graph.model}: {units.percent(subject.launch_share)} of the latency on "
            f"{question.device.name} is the launch of {units.count(kernels, 'kernel')}, "
            f"{units.seconds(subject.launch_share * subject.figures.latency_s)} of {units.seconds(subject.figures.latency_s)}. "
            f"{text}."
        )
        gain = max((gain for _, gain in worth), key=lambda gain: gain.edp)
        # What is only a bound warns nobody.
        severity = "information" if waits(subject.graph) else None
        yield subject.finding(message, subject.class_place, severity=severity, gain=gain)


def _instead(subject: Subject) -> list[tuple[str, Question]]:
    """Other ways to run the model: in words, and as a question. A wait for the device ends what can be compiled in one piece,
    and no CUDA graph holds it."""
    question = subject.question
    compiled = replace(question, mode="compiled")
    waiting = len(waits(subject.graph))
    breaks = f", whose graph breaks {units.count(waiting, 'time')}, at most" if waiting else ""
    found = [(f"torch.compile{breaks}", compiled)] if question.mode == "eager" else []
    if WhatIf.CUDA_GRAPHS not in question.what_if and not waiting:
        graphs = replace(compiled, what_if=question.what_if | {WhatIf.CUDA_GRAPHS})
        found.append(('torch.compile(mode="reduce-overhead"), in CUDA graphs', graphs))
    return found


RULE = Rule(
    code="GP201",
    name="launch-bound-model",
    summary="Most of the model's latency is the launch of its kernels, not their work.",
    rationale=(
        "In eager mode the host prepares every operator for some microseconds before the device can start it. Where kernels "
        "are shorter than that, the device waits for the host. The share of launches is that of the estimate: the host's "
        "chain as far as nothing overlaps with it, and the gaps between kernels. Reported when it is above a half, "
        "of at least ten kernels."
    ),
    helps=(
        "`torch.compile` runs fewer kernels from a leaner wrapper; its mode `reduce-overhead` records them in a CUDA graph, "
        "which the host launches once. A larger batch gives each launch more work."
    ),
    exceptions=(
        "shapes that change from run to run compile and record again for each; then the gain comes only after warming up. "
        "Where the host waits for data (GP207) the compiled graph is in pieces, and what it gains is a bound."
    ),
    example="""
        import torch
        from torch import nn


        # graphperf: input=(1, 256) hardware=h100-sxm5-80gb
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(*[nn.Sequential(nn.Linear(256, 256), nn.GELU()) for _ in range(12)])

            def forward(self, x):
                return self.layers(x)
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(65536, 256) hardware=h100-sxm5-80gb
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(*[nn.Sequential(nn.Linear(256, 256), nn.GELU()) for _ in range(12)])

            def forward(self, x):
                return self.layers(x)
    """,
    severity="warning",
    on_device=check,
    limits=Limits(least_share=0.5, most=1),
)
