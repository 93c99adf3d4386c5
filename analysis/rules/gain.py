"""The figures of a graph that a rule has rewritten, or that is run in another way."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..estimate import Question
from ..estimate.on_device import as_run, on_device
from ..estimate.plan import Plan
from ..finding import Figures
from ..fusion import Policy
from ..graph import Graph
from ..numerics import Numerics
from ..what_if import WhatIfs

# What decides how a captured graph is cut into kernels: device, precision, mode, whether norms are folded.
_Cut = tuple[str, Numerics, str, bool]


def figures(graph: Graph, question: Question, policy: Policy | None = None) -> Figures:
    """Of a captured graph; under another compiler's `policy`, where one is given."""
    return _planned(_plan(graph, question, policy), question)


def _plan(graph: Graph, question: Question, policy: Policy | None = None) -> Plan:
    return Plan.of(as_run(graph, question), policy or question.policy)


def _planned(plan: Plan, question: Question) -> Figures:
    found = on_device(plan, question)
    return Figures(found.latency.value, found.energy.value, plan.memory.peak(question.storage))


@dataclass(frozen=True, slots=True)
class Reruns:
    """One captured graph, run in other ways: each is estimated once, whichever rules ask for it."""

    graph: Graph
    _plans: dict[_Cut, Plan] = field(default_factory=dict[_Cut, Plan], init=False)
    _known: dict[tuple[_Cut, WhatIfs], Figures] = field(default_factory=dict[tuple[_Cut, WhatIfs], Figures], init=False)

    def figures(self, question: Question) -> Figures:
        """Of the graph."""
        cut = (question.device.id, question.precision, question.mode, question.folds_norms)
        asked = cut, question.what_if
        if asked not in self._known:
            self._plans[cut] = self._plans.get(cut) or _plan(self.graph, question)
            self._known[asked] = _planned(self._plans[cut], question)
        return self._known[asked]
