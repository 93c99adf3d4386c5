"""What a rule looks at: one model on one device, with what rules have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..constants import constant_value
from ..estimate import Evaluation, Question
from ..finding import Figures, Gain
from ..graph import Graph, Operator, SourceLine
from ..pipeline import Analysis, ModelResult
from .finding import Finding, Limits, Related, Rule, Severity
from .gain import figures
from .places import class_line, place_of

_WARNS_FROM = 0.05


@dataclass(frozen=True, slots=True)
class Line:
    """A line of code and the kernels that are pointed at there, the most expensive first; `share` is their part of what they
    were ranked by."""

    file: str
    line: int
    kernels: tuple[int, ...]
    share: float


@dataclass(frozen=True)
class Subject:
    """One model on one device, for one rule under its limits."""

    rule: Rule
    analysis: Analysis
    result: ModelResult
    evaluation: Evaluation
    limits: Limits

    @property
    def graph(self) -> Graph:
        """The model as captured; `evaluation.graph` is as it runs, under autocast with its casts."""
        return self.result.graph

    @property
    def question(self) -> Question:
        """Device, precision and mode."""
        return self.evaluation.question

    @cached_property
    def figures(self) -> Figures:
        """The model as it is."""
        found = self.evaluation
        return Figures(found.latency.value, found.energy.value, found.peak_memory_bytes)

    def lines(self, chosen: Callable[[int], bool], weight: Callable[[int], float]) -> list[Line]:
        """The lines of the chosen kernels that hold enough of the model by some weight, the heaviest first, at most so many."""
        held: dict[tuple[str, int], list[int]] = {}
        for index in range(len(self.evaluation.subgraphs)):
            if chosen(index):
                place = self.place(self.evaluation.leading_operator(index))
                held.setdefault((place.file, place.line), []).append(index)
        total = sum(map(weight, range(len(self.evaluation.subgraphs)))) or 1.0
        found = [
            Line(*place, tuple(sorted(kernels, key=weight, reverse=True)), sum(map(weight, kernels)) / total)
            for place, kernels in held.items()
        ]
        enough = (line for line in found if line.share >= self.limits.least_share)
        return sorted(enough, key=lambda line: -line.share)[: self.limits.most]

    def seconds(self, index: int) -> float:
        """A kernel's part of the latency."""
        return self.evaluation.subgraphs[index].latency_s

    def edp(self, index: int) -> float:
        """A kernel's part of the EDP, as a share."""
        return self.evaluation.subgraphs[index].edp_share

    def place(self, operator: Operator) -> SourceLine:
        """The line to point at for an operator."""
        return place_of(self.result, self.analysis, operator)

    @property
    def class_place(self) -> SourceLine:
        """The line of the model's class."""
        return class_line(self.result, self.analysis)

    def gain(self, graph: Graph | None = None, question: Question | None = None) -> Gain:
        """What it changes to run another graph, or to run it in another way."""
        return Gain(self.figures, figures(graph or self.graph, question or self.question))

    def without(self, operators: Iterable[int]) -> Gain:
        """What it changes when some operators of the captured graph are views: they cost nothing."""
        chosen = frozenset(operators)
        shown = [_as_view(operator) if operator.id in chosen else operator for operator in self.graph.operators]
        return self.gain(replace(self.graph, operators=tuple(shown)))

    def seconds_of(self, operators: Iterable[int]) -> float:
        """Seconds of the kernels that run some operators of the captured graph."""
        sites = {(self.graph.operators[o].name, self.graph.operators[o].outputs) for o in operators}
        kernels = {self.evaluation.home[o.id] for o in self.evaluation.graph.operators if (o.name, o.outputs) in sites}
        return sum(map(self.seconds, kernels))

    def worthwhile(self, gain: Gain, touched_s: float) -> bool:
        """Whether a gain is large enough to speak of, and larger than what the estimate of the kernels that it touches, which
        take `touched_s` seconds, may be off by: half of the width of their interval."""
        if gain.edp < self.limits.least_gain or gain.seconds <= 0:
            return False
        low, high = constant_value("interval", self.evaluation.totals.trust)
        return gain.seconds >= (high - low) / 2 * touched_s

    def by_gain(self, gain: Gain) -> Severity:
        """A warning where following the advice saves a twentieth of the EDP."""
        return "warning" if gain.edp >= _WARNS_FROM else "information"

    def finding(
        self, message: str, place: SourceLine | Line, *, severity: Severity | None = None, share: float = 0.0,
        gain: Gain | None = None, related: Sequence[Related] = (),
    ) -> Finding:  # fmt: skip
        """A finding of this rule about this model and device."""
        found = severity or (self.by_gain(gain) if gain is not None else self.rule.severity)
        return Finding(
            self.rule.code, message, place.file, place.line, found, self.result.target, self.question.device.id,
            share, gain, tuple(related),
        )  # fmt: skip


def _as_view(operator: Operator) -> Operator:
    return replace(operator, inputs=operator.inputs[:1], input_names=operator.input_names[:1], view=True)
