"""What fusion saves: the same graph with every operator as a kernel of its own, estimated in the same way, against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..costs import Cost
from ..graph import Graph
from ..mapping.kernels import Column
from .on_device import Estimate, Question, on_device
from .plan import Plan


@dataclass(frozen=True)
class Savings:
    """Seconds, joules and joule-seconds that fusion saves, by kernel. The columns sum to the difference of the two models.

    With T and E the totals apart (a) and fused (f), a kernel's part of E_a·T_a - E_f·T_f is ½(Δe·(T_a + T_f) + Δt·(E_a + E_f)).
    A kernel can lose, where fusion moves more of the launch time to it.
    """

    seconds: Column
    joules: Column
    edp: Column


def savings(graph: Graph, costs: Sequence[Cost], question: Question, home: Sequence[int], fused: Estimate) -> Savings:
    """Of the graph as it runs (`as_run`), whose operators are in the kernels `home`, which take `fused`."""
    rules = replace(question.policy, fused=frozenset())
    plan = Plan.of(graph, rules, costs)
    apart = on_device(plan, question)
    kernels = np.array([home[(*group, *views)[0]] for group, views in plan.partition.members], dtype=np.int64)

    def saved(separate: Column, together: Column) -> Column:
        return np.bincount(kernels, separate, minlength=len(together)) - together

    seconds = saved(apart.times.seconds, fused.times.seconds)
    joules = saved(apart.energies.total, fused.energies.total)
    both_s = apart.times.seconds.sum() + fused.times.seconds.sum()
    both_j = apart.energies.total.sum() + fused.energies.total.sum()
    return Savings(seconds, joules, 0.5 * (joules * both_s + seconds * both_j))
