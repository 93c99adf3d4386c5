"""GP603: a model fills almost all of the device's memory."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ..finding import Finding, Rule
from ..subject import Subject

_NEARLY_FULL = 0.9


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model and device."""
    found, device = subject.evaluation, subject.question.device
    capacity = device.memory.dram_size.si
    if _NEARLY_FULL <= found.peak_memory_bytes / capacity <= 1.0:
        fits = found.memory.largest_batch(_NEARLY_FULL * capacity, subject.question.storage, subject.graph.batch)
        smaller = f" About batch {fits:,} would leave a tenth of it free." if fits else ""
        message = (
            f"{subject.graph.model} fills {units.percent(found.peak_memory_bytes / capacity)} of the memory of {device.name} at "
            f"batch {subject.graph.batch}: {units.data(found.peak_memory_bytes)} of {units.data(capacity)}. What drivers and "
            f"allocators take may not fit beside it.{smaller}"
        )
        yield subject.finding(message, subject.class_place)


RULE = Rule(
    code="GP603",
    name="little-headroom",
    summary="The model fills at least nine tenths of the device's memory.",
    rationale=(
        "The estimate counts weights and live activations. A CUDA context, the workspaces of libraries and the fragments of a "
        "caching allocator take their part besides: a model that almost fills the memory by this count may not run."
    ),
    helps="a smaller batch, a narrower precision, or a device with more memory.",
    exceptions="an allocator with little fragmentation may still do; measuring shows.",
    example="""
        from torch import nn


        # graphperf: input=(84, 3, 1024, 1024) hardware=rtx-3090
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
    severity="information",
    on_device=check,
)
