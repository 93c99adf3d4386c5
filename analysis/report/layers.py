"""A model as a list of its layers: every module that computes something itself, and what `forward` does between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..estimate import Evaluation
from . import units
from .hints import without_batch
from .lines import LineSummary
from .shares import Quantity, operator_shares


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its path in the model, the line (from 1) that makes or runs it, its share of the model's total, 0 to 1.

    `detail`: its output, latency, energy and bottleneck in words.
    """

    name: str
    line: int | None
    share: float
    detail: str


def layers(evaluation: Evaluation, summaries: Iterable[LineSummary], quantity: Quantity) -> list[Layer]:
    """The layers that cost something, the costliest first. What runs several times under one name is one layer."""
    lines, shares = _lines(summaries), operator_shares(evaluation, quantity)
    members: dict[str, list[int]] = {}
    for operator in evaluation.graph.operators:
        if evaluation.costs[operator.id].family != "view":
            members.setdefault(operator.name.partition("#")[0], []).append(operator.id)
    found = [
        Layer(name, lines.get(held[0]), sum(shares[o] for o in held), _detail(evaluation, held))
        for name, held in members.items()
    ]
    return sorted(found, key=lambda layer: -layer.share)


def _lines(summaries: Iterable[LineSummary]) -> dict[int, int]:
    """Operator → the line closest to it: one that constructs it before one that runs it, few operators before many."""
    lines: dict[int, int] = {}
    for summary in sorted(summaries, key=lambda s: (s.kind == "construct", -len(s.operators))):
        lines |= dict.fromkeys(summary.operators, summary.line)
    return lines


def _detail(evaluation: Evaluation, held: list[int]) -> str:
    graph = evaluation.graph
    outputs = graph.operators[held[-1]].outputs
    seconds = sum(evaluation.operator_seconds[o] for o in held)
    joules = sum(evaluation.operator_joules[o] for o in held)
    worst = max(held, key=lambda o: evaluation.operator_seconds[o])
    parts = [
        units.shape(without_batch(graph, graph.tensors[outputs[0]].shape)) if outputs else "",
        f"×{len(held)}" if len(held) > 1 else "",
        units.seconds(seconds),
        units.joules(joules),
        evaluation.subgraphs[evaluation.home[worst]].bottleneck,
    ]
    return " · ".join(filter(None, parts))
