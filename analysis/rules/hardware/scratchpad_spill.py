"""GP604: weights that do not stay on the chip stream in every run."""

from __future__ import annotations

from collections.abc import Iterable

from ...constants import constant
from ...estimate import SubgraphEstimate
from ...mapping.memory import held_share
from ...report import units
from ..finding import Finding, Related, Rule
from ..places import label
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model, on devices whose tiles have scratchpads, where the stream takes a twentieth of the latency."""
    found, device = subject.evaluation, subject.question.device
    if device.kpu is None:
        return
    weights = sum(estimate.subgraph.bytes_weights for estimate in found.subgraphs)
    room = constant("kpu", "weight_share") * device.memory.llc_size.si
    kept = held_share(weights, room)
    streamed = sum(_streamed(estimate, kept) for estimate in found.subgraphs)
    seconds = streamed / (device.memory.dram_bandwidth.si * device.efficiency.dram.si)
    share = seconds / found.latency.value
    if share >= subject.limits.least_share:
        largest = sorted(range(len(found.subgraphs)), key=lambda i: -found.subgraphs[i].subgraph.bytes_weights)
        related: list[Related] = []
        for index in largest[: subject.limits.most]:
            operator = found.leading_operator(index)
            place, size = subject.place(operator), units.data(found.subgraphs[index].subgraph.bytes_weights)
            related.append(Related(f"{label(operator)}: {size} of weights", place.file, place.line))
        message = (
            f"{units.data(weights)} of weights do not fit into the {units.data(room)} that the scratchpads of {device.name} have "
            f"for them: {units.data(streamed)} stream in every run, for {units.seconds(seconds)}, {units.percent(share)} of the "
            "latency. A narrower precision would shrink that, a larger batch spread it."
        )
        yield subject.finding(message, subject.class_place, related=related)


def _streamed(estimate: SubgraphEstimate, kept: float) -> float:
    """Bytes of a kernel's weights that come from DRAM: their part of what it reads there besides the weights that stay."""
    weights = (1 - kept) * estimate.subgraph.bytes_weights
    read = weights + estimate.subgraph.bytes - estimate.subgraph.bytes_weights
    return estimate.allocation.dram_bytes * weights / read if read else 0.0


RULE = Rule(
    code="GP604",
    name="scratchpad-spill",
    summary="The weights do not fit into the scratchpads and stream from DRAM in every run.",
    rationale=(
        "A tile computes from its scratchpad. Weights that fit beside the data of a run are loaded once and stay; the others "
        "cross the memory interface in every run, which takes the time that is stated and the energy of the DRAM."
    ),
    helps="a narrower precision, fewer or shared weights, a larger batch, or a variant of the device with more tiles.",
    exceptions=(
        "the estimate lets weights have half of the scratchpads; a compiler that plans better may keep more. Where arithmetic "
        "takes longer than the stream, both run side by side and less is lost than the share says."
    ),
    example="""
        from torch import nn


        # graphperf: input=(1, 8192) hardware=kpu-t256 precision=int8 mode=kpu
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(8192, 8192)
                self.down = nn.Linear(8192, 8192)

            def forward(self, x):
                return self.down(self.up(x).relu())
    """,
    better="""
        from torch import nn


        # graphperf: input=(1, 2048) hardware=kpu-t256 precision=int8 mode=kpu
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(2048, 2048)
                self.down = nn.Linear(2048, 2048)

            def forward(self, x):
                return self.down(self.up(x).relu())
    """,
    severity="information",
    on_device=check,
)
