"""The figures of a graph that a rule has rewritten, or that is run in another way."""

from __future__ import annotations

from ..estimate import Evaluation, Question
from ..estimate.on_device import as_run, on_device
from ..estimate.plan import Plan
from ..finding import Figures
from ..fusion import Policy
from ..graph import Graph


def figures(graph: Graph, question: Question, policy: Policy | None = None) -> Figures:
    """Of a captured graph; under another compiler's `policy`, where one is given."""
    plan = Plan.of(as_run(graph, question), policy or question.policy)
    found = on_device(plan, question)
    return Figures(found.latency.value, found.energy.value, plan.memory.peak(question.storage))


def evaluated(evaluation: Evaluation) -> Figures:
    """Of an evaluation that was made."""
    return Figures(evaluation.latency.value, evaluation.energy.value, evaluation.peak_memory_bytes)
