"""What the launches of a loop's kernels cost, and what it would gain to do the work of its runs at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..finding import Gain
from ..graph import Operator, SourceLine
from ..report import units
from ..rewriting import batched
from .loops import Loop, loops
from .subject import Subject
from .waits import waits

_JOINS = ("cat", "stack")
_MOST_KERNELS = 32  # of a run: a loop with more is a network that is applied again


@dataclass(frozen=True, slots=True)
class Launched:
    """The executions of one loop of the code, with the kernels that are shorter than their launch, and the seconds of these;
    `share`: their part of the latency, `edp_share` that of the EDP. `join`: the `cat` or `stack` that reads what all runs of
    an execution make."""

    loops: tuple[Loop, ...]
    kernels: int
    seconds: float
    share: float
    edp_share: float
    join: Operator | None

    @property
    def place(self) -> SourceLine:
        """Its first line."""
        return self.loops[0].place

    @property
    def text(self) -> str:
        """`runs 16 times and launches 32 kernels that are shorter than their launch: 250 µs, 40 % of the latency`."""
        runs = sum(len(loop.runs) for loop in self.loops)
        calls = f" in {len(self.loops)} calls" if len(self.loops) > 1 else ""
        return (
            f"runs {runs} times{calls} and launches {units.count(self.kernels, 'kernel')} that take less time than their "
            f"launch: {units.seconds(self.seconds)}, {units.percent(self.share)} of the latency"
        )


def launched_by_loops(subject: Subject) -> list[Launched]:
    """The loops whose launches hold enough of the latency, the longest first. A loop that waits for data runs as often as
    was assumed, and is known by its waits."""
    waiting = {operator.id for operator in waits(subject.graph)}
    places: dict[tuple[str, int], list[Loop]] = {}
    for loop in loops(subject.graph):
        if len(loop.operators) <= _MOST_KERNELS * len(loop.runs) and waiting.isdisjoint(loop.operators):
            places.setdefault((loop.place.file, loop.place.line), []).append(loop)
    found = [_launched(subject, executions) for executions in places.values()]
    enough = [launched for launched in found if launched.share >= subject.limits.least_share]
    return sorted(enough, key=lambda launched: -launched.seconds)


def at_once(subject: Subject, found: Launched) -> Gain | None:
    """What it changes when one run does the work of all on a batch of their inputs; None where that cannot be estimated."""
    if not all(loop.alike and loop.independent for loop in found.loops):
        return None
    groups = [group for loop in found.loops for group in zip(*loop.runs, strict=True)]
    return subject.gain(graph=batched(subject.graph, groups))


def _launched(subject: Subject, executions: Sequence[Loop]) -> Launched:
    estimates = subject.evaluation.subgraphs
    kernels = subject.kernels_of([operator for loop in executions for operator in loop.operators])
    short = [kernel for kernel in kernels if estimates[kernel].bottleneck == "launch"]
    enough = len(short) >= sum(len(loop.runs) for loop in executions)
    seconds = sum(map(subject.seconds, short)) if enough else 0.0
    share = seconds / subject.figures.latency_s
    joins = [_join(subject, loop) for loop in executions] if share >= subject.limits.least_share else [None]
    join = joins[0] if None not in joins else None
    return Launched(tuple(executions), len(short), seconds, share, subject.edp_of(short), join)


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
