"""What a rule looks at: one model on one device, with what rules have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ..bounds.measure import figures_of
from ..estimate import Evaluation, Question
from ..finding import Figures, Gain
from ..graph import Graph, Operator, SourceLine
from ..pipeline import Analysis, ModelResult, shown_file
from ..rewriting import Rewriting
from .finding import Finding, Limits, Related, Rule, Severity
from .gain import Reruns, figures
from .places import class_line, label, place_of

_WARNS_FROM = 0.05
_MOST = 0.5
_MOST_OPERATORS = 5000


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
    """One model on one device, for one rule under its limits. What rules ask of the same model elsewise, they share in
    `reruns`."""

    rule: Rule
    analysis: Analysis
    result: ModelResult
    evaluation: Evaluation
    limits: Limits
    reruns: Reruns

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
        return figures_of(self.evaluation)

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

    @cached_property
    def launch_share(self) -> float:
        """The part of the latency that is launches: no kernel works in it."""
        latency = self.figures.latency_s
        return float(self.evaluation.totals.times.launch_s.sum()) / latency if latency else 0.0

    @property
    def waits_for_launches(self) -> bool:
        """Whether launches take most of the latency: then faster kernels change little, and fewer launches much."""
        return self.launch_share >= _MOST

    def seconds(self, index: int) -> float:
        """A kernel's part of the latency."""
        return self.evaluation.subgraphs[index].latency_s

    def edp(self, index: int) -> float:
        """A kernel's part of the EDP, as a share."""
        return self.evaluation.subgraphs[index].edp_share

    def edp_of(self, kernels: Iterable[int]) -> float:
        """The part of some kernels in the EDP."""
        return sum(map(self.edp, kernels))

    def label(self, line: Line) -> str:
        """The first of a line's kernels, and how many more there are."""
        return label(self.evaluation.leading_operator(line.kernels[0]), len(line.kernels))

    def place(self, operator: Operator) -> SourceLine:
        """The line to point at for an operator."""
        return place_of(self.result, self.analysis, operator)

    def running_place(self, operator: Operator) -> SourceLine:
        """The line that runs an operator."""
        return place_of(self.result, self.analysis, operator, running=True)

    def written(self, operator: Operator) -> list[Related]:
        """Where the code that runs an operator is, if in another file than the line to point at."""
        place, code = self.place(operator), self.as_written(operator.source[0]) if operator.source else None
        elsewhere = code is not None and Path(code.file).resolve() != Path(place.file).resolve()
        return (
            [Related(f"{label(operator)} is run here", code.file, code.line)] if code is not None and elsewhere else []
        )

    def calls(self, operator: Operator, message: str) -> list[Related]:
        """How a run of the model gets to the line that runs an operator, which `message` is about; nothing where no other line
        leads to it."""
        steps = [self.as_written(place) for place in reversed(operator.source)]
        if len(steps) < 2:
            return []
        last = Related(message, steps[-1].file, steps[-1].line)
        return [*(Related("called from here", step.file, step.line) for step in steps[:-1]), last]

    def as_written(self, place: SourceLine) -> SourceLine:
        """A line of the code, its file called as the user called it."""
        return replace(place, file=shown_file(place.file, self.result.target) or place.file)

    @property
    def class_place(self) -> SourceLine:
        """The line of the model's class."""
        return class_line(self.result, self.analysis)

    @property
    def large(self) -> bool:
        """Whether the model has so many operators that its kernels in another mode take too long to find."""
        return len(self.graph.operators) > _MOST_OPERATORS

    def gain(self, graph: Graph | None = None, question: Question | None = None) -> Gain:
        """What it changes to run another graph, or to run it in another way."""
        asked = question or self.question
        return Gain(self.figures, figures(graph, asked) if graph is not None else self.reruns.figures(asked))

    def without(self, operators: Iterable[int]) -> Gain:
        """What it changes when some operators of the captured graph are views: they cost nothing."""
        changed = Rewriting(self.graph)
        for operator in operators:
            changed.show(operator, None)
        return self.gain(changed.graph())

    @cached_property
    def _homes(self) -> Mapping[tuple[str, tuple[int, ...]], int]:
        """The kernel of each operator, by what it is called and makes: autocast numbers operators anew."""
        home = self.evaluation.home
        return {(operator.name, operator.outputs): home[operator.id] for operator in self.evaluation.graph.operators}

    def kernels_of(self, operators: Iterable[int]) -> set[int]:
        """The kernels that run some operators of the captured graph."""
        sites = ((self.graph.operators[o].name, self.graph.operators[o].outputs) for o in operators)
        return {self._homes[site] for site in sites if site in self._homes}

    def seconds_of(self, operators: Iterable[int]) -> float:
        """Seconds of the kernels that run some operators of the captured graph."""
        return sum(map(self.seconds, self.kernels_of(operators)))

    def may_pay(self, operators: Iterable[int]) -> bool:
        """Whether leaving out the kernels of some operators could save enough. Their parts of latency and energy, together
        twice their part of the EDP, are the most that can be saved."""
        return 2 * self.edp_of(self.kernels_of(operators)) >= self.limits.least_gain

    def worthwhile(self, gain: Gain, touched_s: float) -> bool:
        """Whether a gain is large enough to speak of, and larger than what the estimate of the kernels that it touches, which
        take `touched_s` seconds, may be off by: as much as the whole model's."""
        if gain.edp < self.limits.least_gain or gain.seconds <= 0:
            return False
        return gain.seconds >= self.evaluation.latency.uncertainty * touched_s

    def by_gain(self, gain: Gain) -> Severity:
        """A warning where following the advice saves a twentieth of the EDP."""
        return "warning" if gain.edp >= _WARNS_FROM else "information"

    def finding(
        self, message: str, place: SourceLine | Line, *, severity: Severity | None = None, share: float = 0.0,
        gain: Gain | None = None, related: Sequence[Related] = (), calls: Sequence[Related] = (),
    ) -> Finding:  # fmt: skip
        """A finding of this rule about this model and device."""
        found = severity or (self.by_gain(gain) if gain is not None else self.rule.severity)
        return Finding(
            self.rule.code, message, place.file, place.line, found, self.result.target, self.question.device.id,
            share, gain, tuple(related), tuple(calls),
        )  # fmt: skip
