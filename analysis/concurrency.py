"""What may run at once: stages by true dependencies, their width, and the critical path by operators, FLOPs and seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx

from .costs import Cost
from .graph import Graph


@dataclass(frozen=True, slots=True)
class Concurrency:
    """`stages`: levels of the dependency graph. `max_parallel`: most working operators in one level."""

    stages: int
    max_parallel: int
    critical_path_operators: int
    critical_path_flops: int
    critical_path_s: float


def concurrency(graph: Graph, costs: Sequence[Cost], seconds: Sequence[float]) -> Concurrency:
    """Views hold no stage: they count on the path by operators only. `seconds` is the time of each operator."""
    stages = _stages(graph)
    return Concurrency(
        stages=len(stages),
        max_parallel=max(stages, default=0),
        critical_path_operators=int(_longest_path(graph, [1.0] * len(costs))),
        critical_path_flops=int(_longest_path(graph, [float(cost.flops) for cost in costs])),
        critical_path_s=_longest_path(graph, seconds),
    )


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
    dag: nx.DiGraph[int] = nx.DiGraph()
    start = -1
    for operator in graph.operators:
        for before in graph.predecessors[operator.id] or (start,):
            dag.add_edge(before, operator.id, weight=weights[operator.id])
    return float(nx.dag_longest_path_length(dag, weight="weight")) if dag else 0.0
