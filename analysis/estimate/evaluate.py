"""One graph on one device: costs, fusion, mapping, latency, energy, memory, concurrency, EDP shares. The engine's heart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...hardware_profiles import Precision
from ..concurrency import Concurrency, concurrency
from ..costs import Cost, Sizes
from ..edp import attribute
from ..fusion import Subgraph
from ..graph import Graph, Operator
from ..mapping import Allocation, Kernel
from .energy import Energy
from .interval import Interval
from .latency import Bottleneck, KernelTime
from .memory import MemorySchedule
from .on_device import Estimate, Question, as_run, on_device
from .plan import Plan
from .saving import Savings, savings


@dataclass(frozen=True, slots=True)
class SubgraphEstimate:
    """A kernel with everything known of it. Seconds, joules; share of the model's EDP; kernels of one `stage` may run at once."""

    subgraph: Subgraph
    kernel: Kernel
    precision: Precision
    allocation: Allocation
    time: KernelTime
    energy: Energy
    edp_share: float
    stage: int

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
        """Share of the device's unit-time slots that hold useful work while it runs: padding is none."""
        return self.allocation.utilization


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
    memory: MemorySchedule
    totals: Estimate

    @property
    def latency(self) -> Interval:
        """Seconds of one run."""
        return self.totals.latency

    @property
    def energy(self) -> Interval:
        """Joules of one run."""
        return self.totals.energy

    @property
    def edp(self) -> float:
        """Energy-delay product in J·s."""
        return self.totals.edp

    @cached_property
    def peak_memory_bytes(self) -> float:
        """Bytes of weights and of the activations alive at the fullest moment of inference."""
        return self.memory.peak(self.question.storage)

    @cached_property
    def home(self) -> tuple[int, ...]:
        """Operator id → index of its subgraph."""
        homes = [0] * len(self.graph.operators)
        for index, estimate in enumerate(self.subgraphs):
            for operator in estimate.subgraph.operators:
                homes[operator] = index
        return tuple(homes)

    def leading_operator(self, index: int) -> Operator:
        """The operator that a kernel is named after: its convolution, product, attention or pool, else its first."""
        subgraph = self.subgraphs[index].subgraph
        working = [o for o in subgraph.operators if self.costs[o].family != "view"] or list(subgraph.operators)
        return self.graph.operators[subgraph.anchor if subgraph.anchor is not None else working[0]]

    @cached_property
    def savings(self) -> Savings:
        """What fusion saves, by kernel."""
        return savings(self.graph, self.costs, self.question, self.home, self.totals)

    @property
    def modelled(self) -> int:
        """Operators with a cost function; views included, since they cost nothing."""
        return sum(cost.modelled for cost in self.costs)

    @property
    def utilization(self) -> float:
        """Filled share of the device's units, weighted by time."""
        return self.totals.utilization


def evaluate(graph: Graph, question: Question) -> Evaluation:
    """Runs every stage after capture."""
    plan = Plan.of(as_run(graph, question), question.policy)
    subgraphs = plan.subgraphs(question.storage)
    found = on_device(plan, question)
    sizes = Sizes(plan.graph, question.storage.bytes)
    attribution = attribute(plan, sizes, subgraphs, found.times, found.energies, question.device.kind)
    estimates = tuple(
        SubgraphEstimate(*parts)
        for parts in zip(
            subgraphs, plan.kernels(question.storage), found.precisions, found.allocations, found.times, found.energies,
            attribution.subgraph_shares, plan.partition.stages, strict=True,
        )
    )  # fmt: skip
    return Evaluation(
        graph=plan.graph,
        question=question,
        costs=plan.costs,
        subgraphs=estimates,
        operator_shares=attribution.operator_shares,
        operator_seconds=attribution.operator_seconds,
        operator_joules=attribution.operator_joules,
        concurrency=concurrency(plan.graph, plan.costs, attribution.operator_seconds),
        memory=plan.memory,
        totals=found,
    )
