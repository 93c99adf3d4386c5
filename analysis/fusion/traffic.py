"""What a kernel reads from and writes to memory: each outside tensor once, and of its results those that somebody else reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..costs import Cost, Sizes
from ..graph import Graph, Operator
from .dataflow import Dataflow
from .policy import Policy

_NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Traffic:
    """Elements by tensor that a kernel moves; `reread` of its activations come a second time."""

    activations: Mapping[int, int]
    weights: Mapping[int, int]
    reread: Mapping[int, int]
    written: Mapping[int, int]
    unread: Mapping[int, int]


def traffic_of(group: Sequence[int], flow: Dataflow, policy: Policy) -> Traffic:
    """The traffic of the operators of a kernel."""
    operators, tensors, costs = flow.graph.operators, flow.graph.tensors, flow.costs
    made = {tensor for member in group for tensor in operators[member].outputs}
    weights: dict[int, int] = {}
    activations: dict[int, int] = {}
    for member in group:
        for tensor, elements in costs[member].reads.items():
            if flow.origin[tensor] not in made:
                data = flow.data[tensor]
                reads = weights if tensors[data].is_weight else activations
                reads[data] = max(reads.get(data, 0), elements)
    inside = _NOBODY if policy.unread else frozenset(group)
    writes = [write for member in group for write in costs[member].writes.items()]
    again = _read_again(group, flow, policy)
    # A kernel with a long row reads whatever the row is made from again, as far as it came from outside.
    longest = max((n for moved in again for n in moved.values()), default=0)
    return Traffic(
        activations=activations,
        weights=weights,
        reread={t: n for t, n in activations.items() if n == longest} if again else {},
        written={tensor: n for tensor, n in writes if flow.is_used(tensor, inside)},
        unread={tensor: n for tensor, n in writes if not flow.is_used(tensor)} if policy.unread else {},
    )


def separate_bytes(group: Sequence[int], flow: Dataflow, policy: Policy, sizes: Sizes) -> float:
    """Bytes that the operators of a kernel would move as kernels of their own."""
    read = sum(sizes.total(flow.costs[member].reads) for member in group)
    again = sum(map(sizes.total, _read_again(group, flow, policy)))
    writes = {tensor: n for member in group for tensor, n in flow.costs[member].writes.items()}
    return read + again + sizes.total({tensor: n for tensor, n in writes.items() if flow.is_used(tensor)})


def _read_again(group: Sequence[int], flow: Dataflow, policy: Policy) -> list[Mapping[int, int]]:
    """What norms over long rows read a second time, each on its own."""
    if policy.row is None:
        return []
    graph, costs = flow.graph, flow.costs
    twice = (m for m in group if costs[m].family == "normalization" and _row(graph.operators[m], graph) > policy.row)
    return [_activations(costs[m], graph) for m in twice]


def _activations(cost: Cost, graph: Graph) -> Mapping[int, int]:
    return {t: n for t, n in cost.reads.items() if not graph.tensors[t].is_weight}


def _row(operator: Operator, graph: Graph) -> int:
    """Elements that share one mean or one maximum."""
    (first, *_) = operator.inputs
    shape, elements = graph.tensors[first].shape, graph.tensors[first].elements
    if operator.kind == "layer_norm" or operator.kind == "rms_norm":
        rows = 1
        for size in shape[: len(shape) - len(operator.integers("normalized_shape"))]:
            rows *= size
        return elements // max(rows, 1)
    if operator.kind == "group_norm":
        groups = operator.integers("num_groups") or operator.integers("groups") or (1,)
        return elements // max(shape[0] * groups[0], 1)
    if operator.kind == "instance_norm":
        return elements // max(shape[0] * shape[1], 1)
    dims = operator.integers("dim")
    return shape[dims[0]] if dims and shape else shape[-1] if shape else 1
