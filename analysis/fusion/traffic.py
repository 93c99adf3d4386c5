"""What a kernel reads from and writes to memory: each outside tensor once, and of its results those that somebody else reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..costs import Cost, Sizes, row_length
from ..graph import Graph, Operator
from .dataflow import Dataflow
from .policy import Policy


@dataclass(frozen=True, slots=True)
class Traffic:
    """Elements by tensor that a kernel moves; `reread` of its activations come a second time. `separate`: see `Subgraph`."""

    activations: Mapping[int, int]
    weights: Mapping[int, int]
    reread: Mapping[int, int]
    written: Mapping[int, int]
    unread: Mapping[int, int]
    separate: Sequence[Mapping[int, int]]

    def separate_bytes(self, sizes: Sizes) -> float:
        """Bytes that its operators would move as kernels of their own."""
        return sum(sizes.total(moved) for moved in self.separate)


def traffic_of(group: Sequence[int], flow: Dataflow, policy: Policy) -> Traffic:
    """The traffic of the operators of a kernel."""
    graph, costs = flow.graph, flow.costs
    inside = set(group)
    made = {tensor for member in group for tensor in graph.operators[member].outputs}
    reads: dict[int, int] = {}
    for member in group:
        for tensor, elements in costs[member].reads.items():
            if flow.origin[tensor] not in made:
                key = _same_data(flow, tensor)
                reads[key] = max(reads.get(key, 0), elements)
    writes = {tensor: n for member in group for tensor, n in costs[member].writes.items()}
    used = {tensor: n for tensor, n in writes.items() if flow.is_used(tensor)}
    leaving = used if policy.unread else {tensor: n for tensor, n in used.items() if flow.is_used(tensor, inside)}
    weights = {t: n for t, n in reads.items() if graph.tensors[t].is_weight}
    activations = {t: n for t, n in reads.items() if t not in weights}
    again = [_activations(costs[m], graph) for m in group if _reads_twice(graph.operators[m], costs[m], graph, policy)]
    # A kernel with a long row reads whatever the row is made from again, as far as it came from outside.
    longest = max((n for moved in again for n in moved.values()), default=0)
    return Traffic(
        activations=activations,
        weights=weights,
        reread={t: n for t, n in activations.items() if n == longest},
        written=leaving,
        unread={tensor: n for tensor, n in writes.items() if tensor not in used} if policy.unread else {},
        separate=(*(costs[m].reads for m in group), used, *again),
    )


def _activations(cost: Cost, graph: Graph) -> Mapping[int, int]:
    return {t: n for t, n in cost.reads.items() if not graph.tensors[t].is_weight}


def _reads_twice(operator: Operator, cost: Cost, graph: Graph, policy: Policy) -> bool:
    return policy.row is not None and cost.family == "normalization" and row_length(operator, graph) > policy.row


def _same_data(flow: Dataflow, tensor: int) -> int:
    """A view of the whole is the same data as what it shows; a slice is its own."""
    origin = flow.origin[tensor]
    tensors = flow.graph.tensors
    return origin if tensors[origin].elements == tensors[tensor].elements else tensor
