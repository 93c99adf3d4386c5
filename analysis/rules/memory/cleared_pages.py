"""GP108: on a CPU, much of a run goes to clearing memory that the run before gave back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...report import units
from ...what_if import WhatIf, assignments
from ..finding import Finding, Limits, Rule
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """At most one finding, at the line of the class."""
    question, cleared = subject.question, subject.evaluation.totals.allocations.cleared_bytes
    if not cleared.any():
        return
    gain = subject.gain(question=replace(question, what_if=question.what_if | {WhatIf.KEPT_PAGES}))
    if gain.seconds < subject.limits.least_share * subject.figures.latency_s:
        return
    # What is not cleared is not waited for: only the rate of clearing and its bytes can be off.
    if subject.worthwhile(gain, gain.seconds):
        share = units.percent(gain.seconds / subject.figures.latency_s)
        message = (
            f"{subject.graph.model}: in each run the system clears {units.data(float(cleared.sum()))} of pages that the "
            f"allocator gave back after the run before, {share} of the latency on {question.device.name}. "
            f"With {assignments(WhatIf.KEPT_PAGES)} in the environment: {gain.text}."
        )
        yield subject.finding(message, subject.class_place, gain=gain)


RULE = Rule(
    code="GP108",
    name="cleared-pages",
    summary="On a CPU, much of a run is the system clearing memory that the run before gave back.",
    rationale=(
        "glibc gives large blocks, and the free end of its heap, back to the system when they are freed. The next run gets that "
        "memory anew, page by page, each cleared first. A run in eager mode is followed on glibc's heap with its default "
        "thresholds; of compiled models, blocks of 32 MB and more count. Reported from a fifth of the latency on."
    ),
    helps=(
        "higher thresholds keep the memory: the process then holds what its fullest run needs. jemalloc or tcmalloc "
        "(`LD_PRELOAD`) give less back as well. `graphperf measure --set kept-pages` measures what it brings."
    ),
    exceptions=(
        "a process with another allocator, as on macOS or Alpine Linux, or whose thresholds are set already; what ran before in "
        "a process may have raised them too. With large pages (transparent huge pages set to `always`) clearing takes less."
    ),
    example="""
        from torch import nn


        # graphperf: input=(16, 64, 112, 112) hardware=i7-12700k
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(*[nn.ReLU() for _ in range(6)])

            def forward(self, x):
                return self.layers(x)
    """,
    better="""
        from torch import nn


        # graphperf: input=(16, 64, 112, 112) hardware=i7-12700k
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(*[nn.ReLU(inplace=True) for _ in range(6)])

            def forward(self, x):
                return self.layers(x)
    """,
    severity="warning",
    on_device=check,
    limits=Limits(least_share=0.2, most=1),
)
