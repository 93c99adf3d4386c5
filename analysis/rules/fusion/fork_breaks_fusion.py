"""GP405: a kernel ends because several operators read its result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...finding import Figures, Gain
from ...report import units
from ..finding import Finding, Related, Rule
from ..gain import figures
from ..places import label
from ..subject import Line, Subject

_MOST_READERS = 4


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a line for compilers that end kernels at forks, where fusing past them would pay."""
    policy, estimates = subject.question.policy, subject.evaluation.subgraphs
    forked = [index for index, found in enumerate(estimates) if "fork" in found.subgraph.boundaries]
    if policy.forks or not forked:
        return
    gain = Gain(subject.figures, _fused_past_forks(subject))
    readers = {kernel for index in forked for _, kernel in _readers(subject, index)}
    if not subject.worthwhile(gain, sum(map(subject.seconds, {*forked, *readers}))):
        return
    for line in subject.lines(frozenset(forked).__contains__, subject.edp):
        yield subject.finding(
            _message(subject, line, gain), line, severity="information", share=line.share, gain=gain,
            related=_related(subject, line),
        )  # fmt: skip


def _fused_past_forks(subject: Subject) -> Figures:
    """The model under a compiler that goes on after a result that several operators read, and writes that too."""
    return figures(subject.graph, subject.question, replace(subject.question.policy, forks=True))


def _readers(subject: Subject, kernel: int) -> list[tuple[int, int]]:
    """The operators outside a kernel that read its results, each with its kernel."""
    graph, home = subject.evaluation.graph, subject.evaluation.home
    held = subject.evaluation.subgraphs[kernel].subgraph.operators
    read = [r for o in held for tensor in graph.operators[o].outputs for r in graph.consumers.get(tensor, ())]
    return [(reader, home[reader]) for reader in dict.fromkeys(read) if home[reader] != kernel]


def _message(subject: Subject, line: Line, gain: Gain) -> str:
    evaluation, kernel = subject.evaluation, line.kernels[0]
    graph = evaluation.graph
    written = evaluation.subgraphs[kernel].subgraph.bytes_written
    kinds = dict.fromkeys(graph.operators[reader].kind for reader, _ in _readers(subject, kernel))
    named = ", ".join(list(kinds)[:_MOST_READERS])
    return (
        f"{subject.label(line)}: its kernel ends because several operators read its result "
        f"({named}), so {units.data(written)} are written and read again under the rules of {subject.question.policy.name}. "
        f"Without such forks the model would have {gain.text}: let one operator read it and the others read that one's "
        "result, or compute it again where it is cheap."
    )


def _related(subject: Subject, line: Line) -> list[Related]:
    graph = subject.evaluation.graph
    readers = [graph.operators[reader] for reader, _ in _readers(subject, line.kernels[0])]
    shown = readers[:_MOST_READERS]
    places = [subject.as_written(subject.running_place(operator)) for operator in shown]
    return [Related(f"{label(o)} reads it", place.file, place.line) for o, place in zip(shown, places, strict=True)]


RULE = Rule(
    code="GP405",
    name="fork-breaks-fusion",
    summary="A kernel ends because several operators read its result, which goes through memory.",
    rationale=(
        "Compilers of accelerators, and TensorRT, end a kernel where its result has several readers: what follows is another "
        "kernel, which reads the result again. `torch.compile` goes on and writes the result besides, so nothing is said there. "
        "The gain is that of a compiler that goes on as well, for all forks of the model together: a bound."
    ),
    helps="a chain in place of a fork: activations computed once and shared, or computed again where they are cheap.",
    exceptions=(
        "a skip connection is a fork by design. The rules of closed compilers are those that their documentation gives; the real "
        "ones may fuse more."
    ),
    example="""
        import torch
        from torch import nn


        # graphperf: input=(16, 64, 112, 112) hardware=rtx-3090 precision=fp16 mode=tensorrt
        class Gated(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(64, 64, 3, padding=1)

            def forward(self, x):
                y = self.conv(x)
                return torch.relu(y) + torch.tanh(y)
    """,
    better="""
        import torch
        from torch import nn


        # graphperf: input=(16, 64, 112, 112) hardware=rtx-3090 precision=fp16 mode=tensorrt
        class Plain(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(64, 64, 3, padding=1)

            def forward(self, x):
                return torch.tanh(torch.relu(self.conv(x)))
    """,
    severity="information",
    on_device=check,
)
