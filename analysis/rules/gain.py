"""The figures of a graph that a rule has rewritten, or that is run in another way."""

from __future__ import annotations

from ..estimate import Question
from ..estimate.on_device import as_run, on_device
from ..estimate.plan import Plan
from ..finding import Figures
from ..graph import Graph


def figures(graph: Graph, question: Question) -> Figures:
    """Of a captured graph."""
    plan = Plan.of(as_run(graph, question), question.policy)
    found = on_device(plan, question)
    return Figures(found.latency.value, found.energy.value, plan.memory.peak(question.storage))
