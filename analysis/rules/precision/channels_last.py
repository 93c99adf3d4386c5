"""GP305: convolutions on tensor cores convert every tensor to channels-last and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...graph import Graph, Operator
from ...mapping import Kernel
from ...report import units
from ...what_if import WhatIf
from ..finding import Finding, Limits, Rule
from ..precisions import matrix_precision
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """At most one finding, at the line of the class."""
    question, evaluation = subject.question, subject.evaluation
    if question.device.kind != "gpu" or matrix_precision(question) is None:
        return
    if WhatIf.CHANNELS_LAST in question.what_if:
        return
    converting = [i for i, found in enumerate(evaluation.subgraphs) if found.allocation.conversion_s > 0]
    products = [i for i in converting if evaluation.subgraphs[i].kernel.family == "convolution"]
    seconds = sum(evaluation.subgraphs[i].allocation.conversion_s for i in products)
    touched = sum(map(subject.seconds, products))
    # Copies bring maps into the other order again, and grouped convolutions have no fast kernels for it everywhere: what
    # the estimate does not know must be small beside what it saves.
    unknown = sum(subject.seconds(i) for i, found in enumerate(evaluation.subgraphs) if _may_lose(found.kernel))
    unknown += subject.seconds_of(o.id for o in subject.graph.operators if _copies_map(o, subject.graph))
    if seconds <= 2 * unknown:
        return
    gain = subject.gain(question=replace(question, what_if=question.what_if | {WhatIf.CHANNELS_LAST}))
    if subject.worthwhile(gain, touched):
        message = (
            f"{len(products)} convolutions convert their tensors to channels-last and back: {units.seconds(seconds)}. With "
            f"`model.to(memory_format=torch.channels_last)`, and the input alike: {gain.text}."
        )
        yield subject.finding(message, subject.class_place, gain=gain)


def _may_lose(kernel: Kernel) -> bool:
    return kernel.family == "convolution" and kernel.gemm is not None and kernel.gemm.groups > 1


def _copies_map(operator: Operator, graph: Graph) -> bool:
    """Whether an operator makes a map contiguous."""
    return operator.kind in ("clone", "contiguous") and len(graph.tensors[operator.outputs[0]].shape) > 3


RULE = Rule(
    code="GP305",
    name="channels-last",
    summary="Convolutions on tensor cores convert their tensors to channels-last and back in every run.",
    rationale=(
        "Tensor cores read channels side by side. cuDNN brings contiguous (NCHW) tensors into that order before each "
        "convolution and back after it. In eager mode that is a pass over all activations, which a model in channels-last "
        "does without. Reported where it saves more than the estimate may be off by."
    ),
    helps="`model.to(memory_format=torch.channels_last)` and the same for the input; most operators then keep the order.",
    exceptions=(
        "convolutions in groups are slower in that order in some versions of cuDNN, and `contiguous()` brings a map back, with "
        "a copy: where these take more than half as long as the conversions, nothing is said."
    ),
    example="""
        from torch import nn


        # graphperf: input=(64, 128, 56, 56) hardware=rtx-3090 precision=fp16
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.convs = nn.Sequential(*[nn.Conv2d(128, 128, 1) for _ in range(4)])

            def forward(self, x):
                return self.convs(x)
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(64, 128, 56, 56) hardware=rtx-3090 precision=fp16
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Sequential(*[nn.Linear(128, 128) for _ in range(4)])

            def forward(self, x):
                return self.fc(x.permute(0, 2, 3, 1))
    """,
    severity="warning",
    on_device=check,
    limits=Limits(most=1),
)
