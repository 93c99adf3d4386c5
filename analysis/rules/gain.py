"""What a change is predicted to do to one run of a model: both estimated in the same way, one against the other."""

from __future__ import annotations

from dataclasses import dataclass

from ..estimate import Evaluation, Question
from ..estimate.on_device import as_run, on_device
from ..estimate.plan import Plan
from ..graph import Graph
from ..report import units


@dataclass(frozen=True, slots=True)
class Figures:
    """One run: seconds, joules, and the bytes of memory at its fullest."""

    latency_s: float
    energy_j: float
    memory_bytes: float

    @property
    def edp(self) -> float:
        """Energy-delay product in J·s."""
        return self.latency_s * self.energy_j


@dataclass(frozen=True, slots=True)
class Gain:
    """The figures of a model as it is and as it would be."""

    before: Figures
    after: Figures

    @property
    def edp(self) -> float:
        """The share of the EDP that would be saved; below zero where it would grow."""
        return 1 - self.after.edp / self.before.edp if self.before.edp else 0.0

    @property
    def seconds(self) -> float:
        """Seconds that would be saved."""
        return self.before.latency_s - self.after.latency_s

    @property
    def text(self) -> str:
        """`latency −12 %, energy −9 %, EDP −20 %`, and the memory where it changes."""
        pairs = [
            ("latency", self.before.latency_s, self.after.latency_s),
            ("energy", self.before.energy_j, self.after.energy_j),
            ("EDP", self.before.edp, self.after.edp),
            ("memory", self.before.memory_bytes, self.after.memory_bytes),
        ]
        shown = [(name, units.difference(old, new)) for name, old, new in pairs]
        return ", ".join(f"{name} {text}" for name, text in shown if name != "memory" or "±0" not in text)


def figures(graph: Graph, question: Question) -> Figures:
    """Of a captured graph."""
    plan = Plan.of(as_run(graph, question), question.policy)
    found = on_device(plan, question)
    return Figures(found.latency.value, found.energy.value, plan.memory.peak(question.storage))


def evaluated(evaluation: Evaluation) -> Figures:
    """Of an evaluation that was made."""
    return Figures(evaluation.latency.value, evaluation.energy.value, evaluation.peak_memory_bytes)
