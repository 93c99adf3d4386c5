"""What a kernel reads from and writes to memory: each outside tensor once, and of its results those that somebody else reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..costs import Cost, Sizes, row_length
from ..graph import Graph
from .dataflow import Dataflow
from .policy import Policy

Column = NDArray[np.float64]
_NOBODY: frozenset[int] = frozenset()


class Moves:
    """Elements of tensors that kernels move, as columns."""

    def __init__(self) -> None:
        self._kernels: list[int] = []
        self._tensors: list[int] = []
        self._elements: list[int] = []

    def add(self, kernel: int, elements: Mapping[int, int]) -> None:
        """Elements by tensor that a kernel moves."""
        self._kernels += [kernel] * len(elements)
        self._tensors += elements
        self._elements += elements.values()

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Kernel and tensor of each."""
        return zip(self._kernels, self._tensors, strict=True)

    def bytes(self, sizes: Sizes, kernels: int) -> Column:
        """Bytes that each of so many kernels moves."""
        found: Column = np.zeros(kernels)
        moved = np.array(self._elements, dtype=np.float64) * [sizes.element(tensor) for tensor in self._tensors]
        np.add.at(found, self._kernels, moved)
        return found


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the kernels of a graph move. `read`: activations, of which some come a second time."""

    read: Moves
    weights: Moves
    written: Moves
    unread: Moves


def traffic_of(groups: Iterable[Sequence[int]], flow: Dataflow, policy: Policy) -> Traffic:
    """The traffic of kernels, each given by its operators."""
    found = Traffic(Moves(), Moves(), Moves(), Moves())
    for kernel, group in enumerate(groups):
        _add_reads(found, kernel, group, flow, policy)
        inside = _NOBODY if policy.unread else frozenset(group)
        writes = [write for member in group for write in flow.costs[member].writes.items()]
        found.written.add(kernel, {tensor: n for tensor, n in writes if flow.is_used(tensor, inside)})
        if policy.unread:
            found.unread.add(kernel, {tensor: n for tensor, n in writes if not flow.is_used(tensor)})
    return found


def _add_reads(found: Traffic, kernel: int, group: Sequence[int], flow: Dataflow, policy: Policy) -> None:
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
    found.weights.add(kernel, weights)
    found.read.add(kernel, activations)
    again = _read_again(group, flow, policy)
    if again:
        # A kernel with a long row reads whatever the row is made from again, as far as it came from outside.
        longest = max((n for moved in again for n in moved.values()), default=0)
        found.read.add(kernel, {tensor: n for tensor, n in activations.items() if n == longest})


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
    twice = (
        m for m in group if costs[m].family == "normalization" and row_length(graph.operators[m], graph) > policy.row
    )
    return [_activations(costs[m], graph) for m in twice]


def _activations(cost: Cost, graph: Graph) -> Mapping[int, int]:
    return {t: n for t, n in cost.reads.items() if not graph.tensors[t].is_weight}
