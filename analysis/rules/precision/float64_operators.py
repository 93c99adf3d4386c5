"""GP303: operators that work on FP64."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ....hardware_profiles import HardwareProfile, Precision
from ...costs import cost_of
from ...graph import Graph, Operator
from ...report import units
from ..finding import Finding, Limits, Rule
from ..places import label
from ..subject import Subject

_DOUBLE = "float64"


def check(subject: Subject) -> Iterable[Finding]:
    """One finding, at the first line that makes FP64 from something else."""
    graph, device = subject.graph, subject.question.device
    double = [operator for operator in graph.operators if not operator.view and _computes(operator, graph)]
    if not double:
        return
    ids = [operator.id for operator in double]
    flops = sum(cost_of(operator, graph).flops for operator in double)
    peak = device.peak_flops(Precision.FP64, matrix=True)
    arithmetic = flops / peak if peak else 0.0
    seconds, latency = max(subject.seconds_of(ids), arithmetic), subject.figures.latency_s
    gain = subject.gain(graph=_in_single(graph))
    if seconds >= subject.limits.least_share * latency or gain.edp >= subject.limits.least_gain:
        first = double[0]
        more = f" and {len(double) - 1} more operators" if len(double) > 1 else ""
        message = (
            f"{label(first)}{more} work on FP64: {units.seconds(seconds)}{_beside(device, peak)}. In FP32 half of the bytes "
            f"are moved{_saved(gain.text, gain.edp >= subject.limits.least_gain)}."
        )
        yield subject.finding(
            message,
            subject.running_place(_origin(double, graph)),
            gain=gain,
            share=subject.edp_of(subject.kernels_of(ids)),
        )


def _computes(operator: Operator, graph: Graph) -> bool:
    """Whether it reads or writes FP64 that has dimensions: a single number promotes nothing."""
    tensors = (graph.tensors[tensor] for tensor in (*operator.inputs, *operator.outputs))
    return any(tensor.dtype == _DOUBLE and tensor.shape for tensor in tensors)


def _origin(double: Sequence[Operator], graph: Graph) -> Operator:
    """The first of them that reads something in another type, or nothing."""
    for operator in double:
        if any(graph.tensors[t].dtype != _DOUBLE or t not in graph.producers for t in operator.inputs):
            return operator
    return double[0]


def _in_single(graph: Graph) -> Graph:
    """The graph with FP32 in place of FP64."""
    wide = {tensor.storage for tensor in graph.tensors if tensor.dtype == _DOUBLE}
    tensors = tuple(replace(t, dtype="float32") if t.dtype == _DOUBLE else t for t in graph.tensors)
    sizes = {storage: size // 2 if storage in wide else size for storage, size in graph.storage_bytes.items()}
    return replace(graph, tensors=tensors, storage_bytes=sizes)


def _beside(device: HardwareProfile, peak: float | None) -> str:
    single = device.peak_flops(Precision.FP32, matrix=True)
    if peak is None:
        return f", though {device.name} has no unit for it"
    return f", at a peak of 1/{single / peak:.0f} of FP32's on {device.name}" if single and single > 1.5 * peak else ""


def _saved(text: str, enough: bool) -> str:
    return f": {text}" if enough else ""


RULE = Rule(
    code="GP303",
    name="float64-operators",
    summary="Operators work on FP64, mostly since a constant came from NumPy or Python code asked for it.",
    rationale=(
        "One FP64 tensor makes the results of everything that reads it FP64: twice the bytes, and on most GPUs and "
        "accelerators a small part of the rate. Reported when these operators hold 5 % of the latency, at the rate that the "
        "device has for FP64, or when FP32 in their place saves 2 % of the EDP by its bytes alone."
    ),
    helps="`dtype=torch.float32` where the tensor is made; `torch.from_numpy(a).float()`.",
    exceptions="geometry and sums over many elements may need the digits.",
    example="""
        import torch
        from torch import nn


        # graphperf: input=(64, 256, 56, 56) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("mean", torch.zeros(256, 1, 1, dtype=torch.float64))
                self.conv = nn.Conv2d(256, 64, 1)

            def forward(self, x):
                x = x - self.mean
                return self.conv(x.float())
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(64, 256, 56, 56) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("mean", torch.zeros(256, 1, 1))
                self.conv = nn.Conv2d(256, 64, 1)

            def forward(self, x):
                x = x - self.mean
                return self.conv(x.float())
    """,
    severity="warning",
    on_device=check,
    limits=Limits(most=1),
)
