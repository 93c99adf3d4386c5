"""GP101: a layer that holds much of the model's cost waits for memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ....hardware_profiles import Precision
from ...estimate import Question, SubgraphEstimate
from ...report import units
from ..finding import Finding, Rule
from ..places import label
from ..subject import Line, Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line for memory-bound kernels that together hold a twentieth of the model's EDP."""
    estimates = subject.evaluation.subgraphs
    for line in subject.lines(lambda index: estimates[index].bottleneck == "memory", subject.edp):
        advice, instead = _advice(subject, estimates[line.kernels[0]])
        gain = subject.gain(question=instead) if instead is not None else None
        if gain is not None and gain.edp >= subject.limits.least_gain:
            message = f"{_message(subject, line)} {advice}: {gain.text} for the model."
            yield subject.finding(message, line, share=line.share, gain=gain)
        elif gain is None:
            yield subject.finding(
                f"{_message(subject, line)} {advice}.", line, severity="information", share=line.share
            )


def _message(subject: Subject, line: Line) -> str:
    question, estimates = subject.question, subject.evaluation.subgraphs
    worst = estimates[line.kernels[0]]
    moved = sum(estimates[i].subgraph.bytes for i in line.kernels)
    seconds = sum(map(subject.seconds, line.kernels))
    flops = sum(estimates[i].kernel.flops for i in line.kernels)
    peak = question.device.peak_flops(worst.precision, worst.kernel.macs > 0) or 0.0
    ridge = peak / question.device.memory.dram_bandwidth.si
    others = len(line.kernels) - 1
    more = f" and {others} more from this line" if others else ""
    return (
        f"{label(subject.evaluation.leading_operator(line.kernels[0]))}{more}: memory-bound on {question.device.name}, "
        f"{units.percent(line.share)} of EDP. {'They move' if others else 'It moves'} {units.data(moved)} in "
        f"{units.seconds(seconds)} at {units.three_digits(flops / moved if moved else 0.0)} FLOP/byte; the ridge is "
        f"{units.three_digits(ridge)}."
    )


def _advice(subject: Subject, estimate: SubgraphEstimate) -> tuple[str, Question | None]:
    """What would help, and the question that shows by how much, where one does."""
    question, kernel = subject.question, estimate.subgraph
    if kernel.bytes_weights > kernel.bytes / 2:
        share = units.percent(kernel.bytes_weights / kernel.bytes)
        return f"Weights are {share} of the traffic: a larger batch would reuse them", None
    if question.mode == "eager" and estimate.kernel.family in ("pointwise", "normalization", "reduction", "movement"):
        return "torch.compile would fuse it with its neighbours", replace(question, mode="compiled")
    if isinstance(question.precision, Precision) and question.precision.bytes > 2 and _has_half(question):
        return "In FP16 it would move half the bytes", replace(question, precision=Precision.FP16)
    if question.mode == "compiled" and {family for _, family in estimate.kernel.operators} == {"pointwise"}:
        return "A compiler that ends convolutions and matmuls with such chains would remove this pass", None
    images = any(cost.family == "convolution" for cost in subject.evaluation.costs)
    smaller = "a lower resolution" if images else "a shorter input"
    return f"The traffic is activations: fewer channels or {smaller} would shrink it", None


def _has_half(question: Question) -> bool:
    return question.device.supports(Precision.FP16)


RULE = Rule(
    code="GP101",
    name="memory-bound-layer",
    summary="A layer that holds much of the model's energy-delay product waits for memory.",
    rationale=(
        "The kernel's arithmetic intensity (FLOP per byte moved) lies below the device's ridge (peak FLOP/s over DRAM "
        "bandwidth), so its time is the time of its traffic. It is reported when the kernels of one source line hold at least "
        "5 % of the model's EDP, at most three lines a model and device."
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
