"""GP602: a model needs more memory than the device has."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ..finding import Finding, Rule
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model and device."""
    found, device = subject.evaluation, subject.question.device
    capacity = device.memory.dram_size.si
    if found.peak_memory_bytes > capacity:
        weights = found.memory.weights.at(subject.question.storage.bytes)
        message = (
            f"{subject.graph.model} does not fit into {device.name}: batch {subject.graph.batch} needs "
            f"{units.data(found.peak_memory_bytes)} in {subject.question.precision.value} ({units.data(weights)} of weights), "
            f"the device has {units.data(capacity)}. {_instead(subject, weights, capacity)}"
        )
        yield subject.finding(message, subject.class_place, severity="error")


def _instead(subject: Subject, weights: float, capacity: float) -> str:
    question = subject.question
    if weights > capacity:
        return "The weights alone are too many: a narrower precision, another device, or several."
    batch = subject.evaluation.memory.largest_batch(capacity, question.storage, subject.graph.batch)
    if batch < 1:
        return "Not even batch 1 fits: a smaller input, a narrower precision or another device."
    return f"The largest batch that fits is about {batch:,}."


RULE = Rule(
    code="GP602",
    name="does-not-fit",
    summary="The model needs more memory than the device has.",
    rationale=(
        "Weights and the activations that are alive at the fullest moment of a run must lie in the device's memory at once. "
        "The latency and energy that are shown for such a model are those of a device with more of it."
    ),
    helps="a smaller batch, a narrower precision, shorter inputs, or a device with more memory.",
    exceptions=(
        "the activations of a run grow in proportion to the batch in this estimate, and what a library reserves for itself is "
        "not in it; an offloading runtime keeps a part of the model elsewhere."
    ),
    example="""
        from torch import nn


        # graphperf: input=(1024, 3, 1024, 1024) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 64, 3, padding=1)

            def forward(self, x):
                return self.conv(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(64, 3, 1024, 1024) hardware=rtx-3090
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 64, 3, padding=1)

            def forward(self, x):
                return self.conv(x)
    """,
    severity="error",
    on_device=check,
)
