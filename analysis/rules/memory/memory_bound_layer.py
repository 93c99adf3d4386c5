"""GP101: a layer that holds much of the model's cost waits for memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ...estimate import SubgraphEstimate
from ...report import units
from ..finding import Finding, Related, Rule
from ..subject import Line, Subject


def check(subject: Subject) -> Iterable[Finding]:
    """Lines of memory-bound kernels that together hold a twentieth of the model's EDP: a finding about all that a compiler
    would fuse, at the first of them, and a hint for each other. Where launches take the time, GP201 speaks of the model."""
    estimates = subject.evaluation.subgraphs
    if subject.waits_for_launches:
        return
    lines = subject.lines(lambda index: estimates[index].bottleneck == "memory", subject.edp)
    fusible = [line for line in lines if _fusible(subject, estimates[line.kernels[0]])]
    if fusible:
        yield from _compiled(subject, fusible)
    for line in lines:
        if line not in fusible:
            message = f"{_message(subject, line)} {_advice(subject, estimates[line.kernels[0]])}."
            yield subject.finding(message, line, severity="hint", share=line.share)


def _fusible(subject: Subject, estimate: SubgraphEstimate) -> bool:
    fused = ("pointwise", "normalization", "reduction", "movement")
    return subject.question.mode == "eager" and estimate.kernel.family in fused and not subject.large


def _compiled(subject: Subject, lines: Sequence[Line]) -> Iterable[Finding]:
    """What it gains to compile the model, where that is worth it."""
    gain = subject.gain(question=replace(subject.question, mode="compiled"))
    if gain.edp >= subject.limits.least_gain:
        first, *others = lines
        message = (
            f"{_message(subject, first)} torch.compile would fuse it with its neighbours: {gain.text} for the model."
        )
        related = [Related(f"{subject.label(o)}: {units.percent(o.share)} of EDP", o.file, o.line) for o in others]
        yield subject.finding(message, first, share=first.share, gain=gain, related=related)


def _message(subject: Subject, line: Line) -> str:
    question, estimates = subject.question, subject.evaluation.subgraphs
    worst = estimates[line.kernels[0]]
    moved = sum(estimates[i].subgraph.bytes for i in line.kernels)
    seconds = sum(map(subject.seconds, line.kernels))
    flops = sum(estimates[i].kernel.flops for i in line.kernels)
    peak = question.device.peak_flops(worst.precision, worst.kernel.macs > 0) or 0.0
    ridge = peak / question.device.memory.dram_bandwidth.si
    others = len(line.kernels) - 1
    return (
        f"{subject.label(line)}: memory-bound on {question.device.name}, "
        f"{units.percent(line.share)} of EDP. {'They move' if others else 'It moves'} {units.data(moved)} in "
        f"{units.seconds(seconds)} at {units.three_digits(flops / moved if moved else 0.0)} FLOP/byte; the ridge is "
        f"{units.three_digits(ridge)}."
    )


def _advice(subject: Subject, estimate: SubgraphEstimate) -> str:
    """What would help, where nothing can be estimated of it."""
    kernel = estimate.subgraph
    if kernel.bytes_weights > kernel.bytes / 2:
        share = units.percent(kernel.bytes_weights / kernel.bytes)
        return f"Weights are {share} of the traffic: a larger batch would reuse them"
    if subject.question.mode == "compiled" and {family for _, family in estimate.kernel.operators} == {"pointwise"}:
        return "A compiler that ends convolutions and matmuls with such chains would remove this pass"
    images = any(cost.family == "convolution" for cost in subject.evaluation.costs)
    smaller = "a lower resolution" if images else "a shorter input"
    return f"The traffic is activations: a narrower precision, fewer channels or {smaller} would shrink it"


RULE = Rule(
    code="GP101",
    name="memory-bound-layer",
    summary="A layer that holds much of the model's energy-delay product waits for memory.",
    rationale=(
        "The kernel's arithmetic intensity (FLOP per byte moved) lies below the device's ridge (peak FLOP/s over DRAM "
        "bandwidth), so its time is the time of its traffic. It is reported when the kernels of one source line hold at least "
        "5 % of the model's EDP, at most three lines a model and device: once, with what it gains to compile the model, where a "
        "compiler would fuse them; else as a hint."
    ),
    helps="fusion (`torch.compile`), a narrower precision, a larger batch where weights dominate the traffic.",
    exceptions=(
        "what the last-level cache holds between two kernels does not wait for DRAM; the estimate knows the cache's size, not "
        "what else is in it."
    ),
    example="""
        import torch
        from torch import nn


        # graphperf: input=(64, 64, 112, 112)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(64, 64, 3, padding=1)
                self.act = nn.ReLU()

            def forward(self, x):
                return torch.exp(self.act(self.conv(x)))
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(8192, 8192) mode=compiled precision=fp16
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8192, 8192)

            def forward(self, x):
                return self.fc(x)
    """,
    severity="warning",
    on_device=check,
)
