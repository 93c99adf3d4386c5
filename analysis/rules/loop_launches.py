"""What the launches of a loop's kernels cost, and what it would gain to do the work of its runs at once."""

from __future__ import annotations

from dataclasses import dataclass

from ..graph import Operator
from ..report import units
from ..rewriting import batched
from .gain import Gain
from .loops import Loop, loops
from .subject import Subject

_JOINS = ("cat", "stack")


@dataclass(frozen=True, slots=True)
class Launched:
    """A loop with its kernels, the `short` ones among them (bound by their launch), and the seconds of all; `share`: their
    part of the latency. `join`: the `cat` or `stack` that alone reads what the runs make."""

    loop: Loop
    kernels: int
    short: int
    seconds: float
    share: float
    join: Operator | None

    @property
    def text(self) -> str:
        """`runs 16 times and launches 32 kernels, 30 of them bound by their launch: 250 µs, 40 % of the latency`."""
        return (
            f"runs {len(self.loop.runs)} times and launches {units.count(self.kernels, 'kernel')}, {self.short} of them "
            f"bound by their launch: {units.seconds(self.seconds)}, {units.percent(self.share)} of the latency"
        )


def launched_by_loops(subject: Subject) -> list[Launched]:
    """The loops most of whose kernels are bound by their launch and that hold enough of the latency, the longest first."""
    estimates, found = subject.evaluation.subgraphs, list[Launched]()
    for loop in loops(subject.graph):
        kernels = subject.kernels_of(loop.operators)
        short = sum(estimates[kernel].bottleneck == "launch" for kernel in kernels)
        seconds = sum(map(subject.seconds, kernels))
        share = seconds / subject.figures.latency_s
        if short > len(kernels) / 2 and len(kernels) >= len(loop.runs) and share >= subject.limits.least_share:
            found.append(Launched(loop, len(kernels), short, seconds, share, _join(subject, loop)))
    return sorted(found, key=lambda launched: -launched.seconds)


def at_once(subject: Subject, loop: Loop) -> Gain | None:
    """What it changes when one run does the work of all on a batch of their inputs; None where that cannot be estimated."""
    if not (loop.alike and loop.independent):
        return None
    return subject.gain(graph=batched(subject.graph, list(zip(*loop.runs, strict=True))))


def _join(subject: Subject, loop: Loop) -> Operator | None:
    """The concatenation that reads a result of every run, through views or not, where there is one."""
    graph, inside = subject.graph, {o: number for number, run in enumerate(loop.runs) for o in run}
    for operator in graph.operators:
        if operator.kind in _JOINS and operator.id not in inside:
            read = {inside[o] for tensor in operator.inputs if (o := _maker(subject, tensor)) in inside}
            if len(read) == len(loop.runs):
                return operator
    return None


def _maker(subject: Subject, tensor: int) -> int:
    """The working operator whose result a tensor shows; -1 for none."""
    graph = subject.graph
    maker = graph.producers.get(tensor)
    while maker is not None and graph.operators[maker].view:
        maker = graph.producers.get(graph.operators[maker].inputs[0])
    return -1 if maker is None else maker
