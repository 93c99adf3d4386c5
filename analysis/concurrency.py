"""What may run at once: stages by true dependencies, their width, and the critical path by operators, FLOPs and seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .costs import HEAVY, Cost
from .graph import Graph


@dataclass(frozen=True, slots=True)
class Concurrency:
    """`stages`: levels of the dependency graph. `max_parallel`: most working operators in one level.

    Each critical path is the longest of its own measure: operators, `layers` (convolutions, products, attention, recurrent
    layers), FLOPs, seconds. The bounds say how many times faster the model could run if whatever does not wait for each other
    ran at once, each operator as fast as alone.
    """

    stages: int
    max_parallel: int
    critical_path_operators: int
    critical_path_layers: int
    critical_path_flops: int
    critical_path_s: float
    bound_operators: float
    bound_flops: float
    bound_s: float


def concurrency(graph: Graph, costs: Sequence[Cost], seconds: Sequence[float]) -> Concurrency:
    """Views hold no stage: they count on the path by operators only. `seconds` is the time of each operator."""
    stages = _stages(graph)
    operators = int(_longest_path(graph, [1.0] * len(costs)))
    flops = int(_longest_path(graph, [float(cost.flops) for cost in costs]))
    longest_s = _longest_path(graph, seconds)
    return Concurrency(
        stages=len(stages),
        max_parallel=max(stages, default=0),
        critical_path_operators=operators,
        critical_path_layers=int(_longest_path(graph, [float(cost.family in HEAVY) for cost in costs])),
        critical_path_flops=flops,
        critical_path_s=longest_s,
        bound_operators=_bound(len(costs), operators),
        bound_flops=_bound(sum(cost.flops for cost in costs), flops),
        bound_s=_bound(sum(seconds), longest_s),
    )


def _bound(total: float, path: float) -> float:
    """How many times the critical path goes into the whole; never below 1, but for rounding."""
    return max(1.0, total / path) if path else 1.0


def _stages(graph: Graph) -> list[int]:
    """Working operators a level: an operator's level is one more than the highest of those it waits for."""
    level = [0] * len(graph.operators)
    width: dict[int, int] = {}
    for operator in graph.operators:
        before = max((level[p] for p in graph.predecessors[operator.id]), default=0)
        level[operator.id] = before + (not operator.view)
        if not operator.view:
            width[level[operator.id]] = width.get(level[operator.id], 0) + 1
    return list(width.values())


def _longest_path(graph: Graph, weights: Sequence[float]) -> float:
    """The heaviest path, where every operator on it counts its weight."""
    longest = list(weights)
    for operator in graph.operators:
        longest[operator.id] += max([longest[before] for before in graph.predecessors[operator.id]], default=0.0)
    return max(longest, default=0.0)
