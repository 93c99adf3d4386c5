"""GP106: many small results are made one by one, to be put together by a `cat` or `stack`."""

from __future__ import annotations

from collections.abc import Iterable

from ...report import units
from ..finding import Finding, Related, Rule
from ..loop_launches import at_once, launched_by_loops
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a `cat` or `stack` of the results of a loop whose runs could be one."""
    if subject.question.device.kind not in ("gpu", "cpu"):
        return  # other devices run a compiled program, without launches
    for found in launched_by_loops(subject)[: subject.limits.most]:
        gain = at_once(subject, found) if found.join is not None else None
        if found.join is not None and gain is not None and subject.worthwhile(gain, found.seconds):
            graph = subject.graph
            size = units.data(
                graph.storage_bytes[graph.tensors[found.join.outputs[0]].storage] / len(found.join.inputs)
            )
            place = subject.running_place(found.join)
            loop = subject.as_written(found.place)
            message = (
                f"{found.join.kind} of {len(found.join.inputs)} tensors of {size}, made one by one: the loop {found.text}. "
                f"One call on a batch of the inputs makes them in place: {gain.text}."
            )
            related = [Related("the loop that makes them", loop.file, loop.line)]
            yield subject.finding(message, place, gain=gain, share=found.edp_share, related=related)


RULE = Rule(
    code="GP106",
    name="cat-of-many-small",
    summary="Many small tensors are made one by one and then copied into one.",
    rationale=(
        "A list of results that is joined by `torch.cat` or `torch.stack` needs a launch for each of them and a copy of all. "
        "Where the runs that make them do not read each other and work on the same shapes and weights, the graph is "
        "estimated once more with one run that does the work of all on a batch."
    ),
    helps="one call on a batch: a dimension more in place of the list.",
    exceptions="pieces that are views of one tensor cost nothing until one kernel joins them, and are not reported.",
    example="""
        import torch
        from torch import nn


        # graphperf: input=(1, 64, 128) hardware=h100-sxm5-80gb
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(128, 64)

            def forward(self, x):
                return torch.stack([torch.relu(self.fc(x[:, t])) for t in range(x.shape[1])], 1)
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(1, 64, 128) hardware=h100-sxm5-80gb
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(128, 64)

            def forward(self, x):
                return torch.relu(self.fc(x))
    """,
    severity="warning",
    on_device=check,
)
