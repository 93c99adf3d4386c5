"""Kernels and edges as records, and the hottest part of a graph that is too large to draw."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from pydantic import BaseModel, ConfigDict, Field

from ...estimate import Evaluation
from ...estimate.latency import Bottleneck
from .. import units

_MOST_KERNELS = 400


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OperatorNode(_Record):
    """An operator inside a kernel; views are left out."""

    name: str
    kind: str
    edp_share: float


class KernelNode(_Record):
    """A kernel: `id` is that of the JSON report's subgraph."""

    id: int
    name: str
    bottleneck: Bottleneck
    latency_s: float
    energy_j: float
    edp_share: float
    operators: list[OperatorNode]


class Edge(_Record):
    """A kernel and one that reads its results, by `id`."""

    source: int
    target: int


class FusedGraph(_Record):
    """Kernels in execution order, and edges. `note` says what was left out of a large graph."""

    model: str
    hardware: str
    precision: str
    mode: str
    kernels: list[KernelNode]
    edges: list[Edge]
    note: str = Field(default="", description="which part of the graph this is, where it is not all")


def working_kernels(evaluation: Evaluation) -> list[int]:
    """The kernels that do work, in execution order: views alone are none."""
    return [index for index in evaluation.order if evaluation.subgraphs[index].latency_s > 0]


def reads_of(evaluation: Evaluation) -> list[list[int]]:
    """Of each kernel those whose results it reads."""
    found: list[set[int]] = [set() for _ in evaluation.subgraphs]
    for operator, before in enumerate(evaluation.graph.predecessors):
        found[evaluation.home[operator]].update(evaluation.home[p] for p in before)
    return [sorted(kernels - {index}) for index, kernels in enumerate(found)]


def fused_graph(evaluation: Evaluation, most: int = _MOST_KERNELS) -> FusedGraph:
    """The kernels of a model; above `most`, those in a row that hold the largest share of EDP."""
    order = working_kernels(evaluation)
    first = hottest([evaluation.subgraphs[index].edp_share for index in order], most)
    kept = order[first : first + most]
    inside, reads = set(kept), reads_of(evaluation)
    question = evaluation.question
    return FusedGraph(
        model=evaluation.graph.model,
        hardware=question.device.id,
        precision=question.precision.value,
        mode=question.mode,
        kernels=[_kernel(evaluation, index) for index in kept],
        edges=[Edge(source=source, target=index) for index in kept for source in reads[index] if source in inside],
        note=_note(evaluation, kept, first, len(order)),
    )


def hottest(shares: Sequence[float], length: int) -> int:
    """Where the run of `length` places with the largest sum begins."""
    sums = [0.0, *accumulate(shares)]
    starts = range(max(1, len(shares) - length + 1))
    return max(starts, key=lambda start: sums[min(len(shares), start + length)] - sums[start])


def _note(evaluation: Evaluation, kept: Sequence[int], first: int, total: int) -> str:
    if len(kept) == total:
        return ""
    share = sum(evaluation.subgraphs[index].edp_share for index in kept)
    return f"kernels {first + 1} to {first + len(kept)} of {total}, the hottest part: {units.percent(share)} of EDP"


def _kernel(evaluation: Evaluation, index: int) -> KernelNode:
    estimate, graph = evaluation.subgraphs[index], evaluation.graph
    return KernelNode(
        id=estimate.subgraph.id,
        name=evaluation.leading_operator(index).name,
        bottleneck=estimate.bottleneck,
        latency_s=estimate.latency_s,
        energy_j=estimate.energy.total,
        edp_share=estimate.edp_share,
        operators=[
            OperatorNode(name=graph.operators[o].name, kind=graph.operators[o].kind, edp_share=evaluation.operator_shares[o])
            for o in estimate.subgraph.operators
            if evaluation.costs[o].family != "view"
        ],
    )  # fmt: skip
