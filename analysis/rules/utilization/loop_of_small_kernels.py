"""GP202: a loop of Python launches many kernels that are shorter than their launch."""

from __future__ import annotations

from collections.abc import Iterable

from ..finding import Finding, Rule
from ..loop_launches import at_once, launched_by_loops
from ..subject import Subject
from ..waits import following


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a loop whose kernels hold a twentieth of the latency, but for those that end in a `cat` (GP106)."""
    if subject.question.device.kind not in ("gpu", "cpu"):
        return  # other devices run a compiled program, without launches
    loops = launched_by_loops(subject)[: subject.limits.most]
    from_data = following(subject.graph, ("input", "parameter", "buffer")) if loops else set[int]()
    for found in loops:
        operators = [operator for loop in found.loops for operator in loop.operators]
        constant = from_data.isdisjoint(operators)
        gain = subject.without(operators) if constant else at_once(subject, found)
        if gain is None:
            message = f"This loop {found.text}. {_ADVICE}."
            yield subject.finding(
                message, subject.as_written(found.place), severity="information", share=found.edp_share
            )
        elif (constant or found.join is None) and subject.worthwhile(gain, found.seconds):
            advice = _ONCE if constant else "One call on a batch of the inputs of all runs"
            message = f"This loop {found.text}. {advice}: {gain.text}."
            yield subject.finding(message, subject.as_written(found.place), gain=gain, share=found.edp_share)


_ONCE = "Nothing in it depends on the input or the weights; computed once and kept"
_ADVICE = (
    "Runs that do not need each other could be one call on a batch; a recurrence, one operator for all steps (nn.LSTM, "
    "cumsum), or one kernel by torch.compile"
)


RULE = Rule(
    code="GP202",
    name="loop-of-small-kernels",
    summary="A loop of Python launches many kernels that take less time than their launch.",
    rationale=(
        "Every operator inside of a loop is launched anew in each run. When its work is a microsecond and its launch several, "
        "the loop takes the time of its launches. Loops are seen in the captured graph: lines of one execution of a function "
        "that ran at least eight times, over the same modules each time. Where the runs do not read each other's results and "
        "run alike, the graph is estimated once more with one run that does the work of all."
    ),
    helps="one call on a batch of the inputs of all runs; for recurrences, an operator that does all steps.",
    exceptions="how often a loop runs may follow from the assumed input; a decoder runs as many steps as it is asked for.",
    example="""
        import torch
        from torch import nn


        # graphperf: input=(1, 64, 128) hardware=h100-sxm5-80gb
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.cell = nn.Linear(256, 128)

            def forward(self, x):
                h = torch.zeros_like(x[:, 0])
                for t in range(x.shape[1]):
                    h = torch.tanh(self.cell(torch.cat([x[:, t], h], 1)))
                return h
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(1, 64, 128) hardware=h100-sxm5-80gb
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.cell = nn.RNN(128, 128, batch_first=True)

            def forward(self, x):
                return self.cell(x)[1]
    """,
    severity="warning",
    on_device=check,
)
