"""The EDP hierarchy: model, subgraph, operator inside a fused subgraph.

EDP is a product of sums, so parts cannot be multiplied and added. With e the energy and t the time of part i, its share of
E·T is ½(eᵢ·T + E·tᵢ): the shares sum to E·T exactly, and a share is what is saved per fraction of i that is removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..hardware_profiles.toml_file import read
from .costs import Cost, Sizes
from .fusion import Subgraph
from .graph import Graph

if TYPE_CHECKING:
    from .estimate.energy import Energies
    from .estimate.latency import KernelTimes
    from .estimate.plan import Plan


@dataclass(frozen=True, slots=True)
class Attribution:
    """Shares of the model's EDP by subgraph and by operator (each sums to 1), and each operator's seconds and joules."""

    subgraph_shares: tuple[float, ...]
    operator_shares: tuple[float, ...]
    operator_seconds: tuple[float, ...]
    operator_joules: tuple[float, ...]


def attribute(
    plan: Plan, sizes: Sizes, subgraphs: Sequence[Subgraph], times: KernelTimes, energies: Energies, device_kind: str
) -> Attribution:
    """Levels 1 and 2 of the hierarchy for one device."""
    graph = plan.graph
    total_s, total_j = float(times.seconds.sum()), float(energies.total.sum())
    seconds, joules = [0.0] * len(graph.operators), [0.0] * len(graph.operators)
    pairs = list(zip(times.seconds.tolist(), energies.total.tolist(), strict=True))
    for subgraph, (time, energy) in zip(subgraphs, pairs, strict=True):
        for member, part in split(subgraph, graph, plan.costs, sizes, device_kind).items():
            seconds[member] = part * time
            joules[member] = part * energy
    return Attribution(
        tuple(share(energy, time, total_j, total_s) for time, energy in pairs),
        tuple(share(e, t, total_j, total_s) for e, t in zip(joules, seconds, strict=True)),
        tuple(seconds),
        tuple(joules),
    )


def share(joules: float, seconds: float, total_joules: float, total_seconds: float) -> float:
    """½(e·T + E·t) / (E·T)."""
    energy_part = joules / total_joules if total_joules else 0.0
    time_part = seconds / total_seconds if total_seconds else 0.0
    return 0.5 * (energy_part + time_part)


def split(subgraph: Subgraph, graph: Graph, costs: Sequence[Cost], sizes: Sizes, device_kind: str) -> dict[int, float]:
    """Each member's part of the kernel (sums to 1): its traffic and arithmetic apart, weighted by its fused modifier.

    Arithmetic counts against traffic at 10 FLOP a byte, a round figure below every device's ridge: it only ranks the members
    of one kernel among each other.
    """
    weights: dict[int, float] = {}
    for member in subgraph.operators:
        cost = costs[member]
        if cost.family == "view":
            weights[member] = 0.0
            continue
        apart = sizes.total(cost.reads) + sizes.total(cost.writes) + cost.flops / 10
        weights[member] = apart * modifier(graph.operators[member].kind, device_kind, fused=True)
    total = sum(weights.values())
    if not total:
        working = [m for m in weights if costs[m].family != "view"] or list(weights)
        return {member: (1 / len(working) if member in working else 0.0) for member in weights}
    return {member: weight / total for member, weight in weights.items()}


def modifier(kind: str, device_kind: str, *, fused: bool) -> float:
    """How much an operator of this kind weighs inside a fused kernel, or apart, on a kind of device."""
    table = _modifiers()
    for name, kinds in table["classes"].items():
        if kind in kinds:
            pair: list[float] = table[name].get(device_kind, [1.0, 1.0])
            return pair[0 if fused else 1]
    return 1.0


@cache
def _modifiers() -> Mapping[str, Any]:
    return read(Path(__file__).with_name("edp_modifiers.toml"))[1]
