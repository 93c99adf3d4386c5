"""One graph on one device: costs, fusion, mapping, latency, energy, memory, concurrency, EDP shares. The engine's heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ...hardware_profiles import HardwareProfile, Precision
from ..attention import with_attention
from ..autocast import with_casts
from ..concurrency import Concurrency, concurrency
from ..costs import Cost, Sizes, costs_of
from ..edp import attribute
from ..fusion import Mode, Subgraph, partition
from ..graph import Graph
from ..mapping import Allocation, Kernel, kernel_of, kernel_precision, map_kernel
from ..numerics import Autocast, Numerics, stored_as
from .energy import Energy, kernel_energy
from .interval import Interval, widened
from .latency import Bottleneck, KernelTime, kernel_times
from .memory import peak_memory


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a graph: which device, which precision, which execution mode."""

    device: HardwareProfile
    precision: Numerics
    mode: Mode

    @property
    def storage(self) -> Precision:
        """What a tensor that is float32 in the evaluated graph is stored as."""
        return stored_as(self.precision)


@dataclass(frozen=True, slots=True)
class SubgraphEstimate:
    """A kernel with everything known of it, `precision` it computes in included. Seconds, joules; share of the model's EDP."""

    subgraph: Subgraph
    kernel: Kernel
    precision: Precision
    allocation: Allocation
    time: KernelTime
    energy: Energy
    edp_share: float

    @property
    def latency_s(self) -> float:
        """Its part of the model's latency, in seconds."""
        return self.time.seconds

    @property
    def bottleneck(self) -> Bottleneck:
        """What bounds it: compute, memory or launch."""
        return self.time.bottleneck

    @property
    def utilization(self) -> float:
        """Share of the device's unit-time slots that hold work while it runs."""
        return self.allocation.fill


@dataclass(frozen=True)
class Evaluation:
    """The answer to a `Question` about a `Graph`: `graph` is as it runs, under autocast with its casts."""

    graph: Graph
    question: Question
    costs: tuple[Cost, ...]
    subgraphs: tuple[SubgraphEstimate, ...]
    operator_shares: tuple[float, ...]
    operator_seconds: tuple[float, ...]
    operator_joules: tuple[float, ...]
    concurrency: Concurrency
    peak_memory_bytes: float

    @cached_property
    def latency(self) -> Interval:
        """Seconds of one run."""
        return widened(
            {
                "launch": sum(s.time.host_s for s in self.subgraphs),
                "device": sum(s.time.device_s for s in self.subgraphs),
            }
        )

    @cached_property
    def energy(self) -> Interval:
        """Joules of one run."""
        return widened({"energy": sum(s.energy.total for s in self.subgraphs)})

    @property
    def edp(self) -> float:
        """Energy-delay product in J·s."""
        return self.latency.value * self.energy.value

    @cached_property
    def home(self) -> tuple[int, ...]:
        """Operator id → index of its subgraph."""
        homes = [0] * len(self.graph.operators)
        for index, estimate in enumerate(self.subgraphs):
            for operator in estimate.subgraph.operators:
                homes[operator] = index
        return tuple(homes)

    @property
    def modelled(self) -> int:
        """Operators with a cost function; views included, since they cost nothing."""
        return sum(cost.modelled for cost in self.costs)

    @property
    def utilization(self) -> float:
        """Filled share of the device's units, weighted by time."""
        total = self.latency.value
        return sum(s.utilization * s.latency_s for s in self.subgraphs) / total if total else 0.0


def evaluate(graph: Graph, question: Question) -> Evaluation:
    """Runs every stage after capture."""
    graph = _as_run(graph, question)
    costs = costs_of(graph)
    sizes = Sizes(graph, question.storage)
    subgraphs = partition(graph, costs, sizes, question.mode)
    kernels = [kernel_of(subgraph, graph, costs, question.mode) for subgraph in subgraphs]
    precisions = [kernel_precision(subgraph, graph, costs, question.precision) for subgraph in subgraphs]
    allocations = [map_kernel(k, question.device, p) for k, p in zip(kernels, precisions, strict=True)]
    working = [sum(costs[m].family != "view" for m in subgraph.operators) for subgraph in subgraphs]
    times = kernel_times(allocations, working, question.device, question.mode)
    energies = [
        kernel_energy(k, t.seconds, question.device, p) for k, t, p in zip(kernels, times, precisions, strict=True)
    ]
    attribution = attribute(graph, costs, sizes, subgraphs, times, energies, question.device.kind)
    estimates = tuple(
        SubgraphEstimate(*parts)
        for parts in zip(
            subgraphs, kernels, precisions, allocations, times, energies, attribution.subgraph_shares, strict=True
        )
    )
    return Evaluation(
        graph=graph,
        question=question,
        costs=costs,
        subgraphs=estimates,
        operator_shares=attribution.operator_shares,
        operator_seconds=attribution.operator_seconds,
        operator_joules=attribution.operator_joules,
        concurrency=_concurrency(graph, costs, attribution.operator_seconds),
        peak_memory_bytes=peak_memory(graph, question.storage),
    )


def _as_run(graph: Graph, question: Question) -> Graph:
    """The captured graph with what PyTorch decides at run time: autocast's casts, attention's kernel."""
    if isinstance(question.precision, Autocast):
        graph = with_casts(graph, question.precision.dtype)
    return with_attention(graph, question.device, question.precision)


def _concurrency(graph: Graph, costs: Sequence[Cost], seconds: Sequence[float]) -> Concurrency:
    return concurrency(graph, costs, seconds)
