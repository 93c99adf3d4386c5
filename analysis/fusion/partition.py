"""A graph cut into kernels under a policy, with what each kernel moves and why it ends where it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..costs import Cost, Sizes
from ..graph import Graph
from .dataflow import Dataflow
from .growth import WORDS, Boundary, Growth
from .operands import Numbers
from .order import order_of, stages_of
from .policy import Policy
from .traffic import Column, Traffic, traffic_of


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One kernel: its operators (views included), the bytes it reads from and writes to memory, and why it ends.

    `bytes_unread`: results that it writes and nobody reads (the indices of a max-pool in eager mode). `bytes_separate`: what
    its operators would move if each were a kernel of its own.
    """

    id: int
    operators: tuple[int, ...]
    anchor: int | None
    pattern: str
    bytes_read: float
    bytes_weights: float
    bytes_written: float
    bytes_unread: float
    bytes_separate: float
    boundaries: tuple[Boundary, ...]

    @property
    def bytes(self) -> float:
        """Traffic in bytes: activations and weights read, results written that somebody reads."""
        return self.bytes_read + self.bytes_weights + self.bytes_written

    @property
    def bytes_moved(self) -> float:
        """Traffic in bytes, with the results that nobody reads."""
        return self.bytes + self.bytes_unread

    @property
    def bytes_activations(self) -> float:
        """Traffic in bytes, of activations alone."""
        return self.bytes_read + self.bytes_written

    @property
    def bytes_saved(self) -> float:
        """Traffic that fusion saves."""
        return self.bytes_separate - self.bytes

    @property
    def ends(self) -> tuple[str, ...]:
        """Why it ends where it does, in words."""
        return tuple(WORDS[boundary] for boundary in self.boundaries)


@dataclass(frozen=True)
class Partition:
    """Which operators share a kernel: for each kernel its working operators and its views. Independent of precision.

    `refused`: why an edge between operators was not fused.
    """

    flow: Dataflow
    policy: Policy
    members: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    refused: Mapping[tuple[int, int], Boundary]

    def subgraphs(self, sizes: Sizes) -> tuple[Subgraph, ...]:
        """The kernels with their traffic at a precision."""
        parts = [part.bytes(sizes.widths, len(self.members)) for part in self._traffic.apart]
        apart: Column = np.sum(parts, axis=0)
        moved = zip(*(column.tolist() for column in (*self._bytes(sizes), apart)), strict=True)
        return tuple(self._subgraph(index, *each) for index, each in enumerate(moved))

    def traffic(self, sizes: Sizes) -> tuple[Column, Column]:
        """Bytes that each kernel moves at a precision, results that nobody reads included: in all, and of activations."""
        read, weights, written, unread = self._bytes(sizes)
        return read + weights + written + unread, read + written

    def accesses(self) -> tuple[Numbers, Numbers]:
        """Kernel and tensor of each read from memory and of each write to it."""
        moved = self._traffic
        parts = (moved.read, moved.weights, moved.written, moved.unread)
        return np.concatenate([part.owners for part in parts]), np.concatenate([part.tensors for part in parts])

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The kernels in an order to run them in: each after those it waits for, and else as they are numbered."""
        return order_of(self._groups, self.flow)

    @cached_property
    def stages(self) -> tuple[int, ...]:
        """Of each kernel the stage that it runs in, from 0: one more than the last of those it waits for."""
        return stages_of(self._groups, self.flow)

    @cached_property
    def boundaries(self) -> tuple[tuple[Boundary, ...], ...]:
        """For each kernel why it ends: each reason once, in the order of its operators."""
        flow = self.flow
        home = {member: index for index, (group, _) in enumerate(self.members) for member in group}
        found: list[dict[Boundary, None]] = [{} for _ in self.members]
        for (producer, consumer), reason in self.refused.items():
            if home[producer] != home[consumer]:
                found[home[producer]][reason] = None
        for index, (group, _) in enumerate(self.members):
            if any(tensor in flow.returned for member in group for tensor in flow.graph.operators[member].outputs):
                found[index]["output"] = None
        return tuple(tuple(reasons) for reasons in found)

    @cached_property
    def operators(self) -> tuple[tuple[int, ...], ...]:
        """The operators of each kernel, views included, in order."""
        return tuple(tuple(sorted(working + views)) if views else working for working, views in self.members)

    @cached_property
    def anchors(self) -> tuple[int | None, ...]:
        """The operator that leads each kernel, where there is one: the first with MACs, else the first pool."""
        costs = self.flow.costs
        heavy = [cost.macs > 0 for cost in costs]
        pools = [cost.family == "pool" for cost in costs]
        return tuple([next((m for led in (heavy, pools) for m in group if led[m]), None) for group, _ in self.members])

    @property
    def _groups(self) -> list[tuple[int, ...]]:
        """The working operators of each kernel."""
        return [group for group, _ in self.members]

    @cached_property
    def _traffic(self) -> Traffic:
        return traffic_of(self._groups, self.flow, self.policy)

    def _bytes(self, sizes: Sizes) -> tuple[Column, Column, Column, Column]:
        """Bytes of each kernel: activations read, weights, results that somebody reads, and others."""
        moved = self._traffic
        read, again, weights, written, unread = (
            part.bytes(sizes.widths, len(self.members))
            for part in (moved.read, moved.again, moved.weights, moved.written, moved.unread)
        )
        return read + again, weights, written, unread

    def _subgraph(
        self, index: int, read: float, weights: float, written: float, unread: float, apart: float
    ) -> Subgraph:
        group, views = self.members[index]
        operators = self.flow.graph.operators
        return Subgraph(
            id=index,
            operators=self.operators[index],
            anchor=self.anchors[index],
            pattern="+".join(operators[m].kind for m in group) or operators[views[0]].kind,
            bytes_read=read,
            bytes_weights=weights,
            bytes_written=written,
            bytes_unread=unread,
            bytes_separate=apart,
            boundaries=self.boundaries[index],
        )


@dataclass(frozen=True, slots=True)
class Pattern:
    """Kernels that run the same kinds of operators: how many, and the bytes that fusion saves in them."""

    kinds: str
    count: int
    bytes_saved: float


def patterns(subgraphs: Iterable[Subgraph]) -> list[Pattern]:
    """What was found to fuse, the most frequent first."""
    counts: Counter[str] = Counter()
    saved: dict[str, float] = {}
    for subgraph in subgraphs:
        counts[subgraph.pattern] += 1
        saved[subgraph.pattern] = saved.get(subgraph.pattern, 0.0) + subgraph.bytes_saved
    return [Pattern(kinds, count, saved[kinds]) for kinds, count in counts.most_common()]


def partition(graph: Graph, costs: Sequence[Cost], policy: Policy, flow: Dataflow | None = None) -> Partition:
    """Every operator in exactly one kernel, in order of their first working operator. `flow`: the graph's, if it is known."""
    flow = flow or Dataflow(graph, costs)
    growth = Growth(flow, policy)
    members = tuple((tuple(group), tuple(views)) for group, views in _with_views(flow, growth.grow()))
    return Partition(flow, policy, members, growth.refused)


def _with_views(flow: Dataflow, groups: Sequence[Sequence[int]]) -> list[tuple[list[int], list[int]]]:
    """Adds each view to the kernel that produced what it shows, else to the first that reads it, else makes it its own."""
    graph = flow.graph
    home = {member: index for index, group in enumerate(groups) for member in group}
    views: list[list[int]] = [[] for _ in groups]
    extra: list[tuple[list[int], list[int]]] = []
    for operator in graph.operators:
        if operator.view:
            before = [home[p] for p in graph.predecessors[operator.id] if p in home]
            if before:
                home[operator.id] = before[-1]
                views[before[-1]].append(operator.id)
    of_inputs = [operator for operator in graph.operators if operator.view and operator.id not in home]
    stages = stages_of(groups, flow) if of_inputs else ()
    for operator in reversed(of_inputs):
        readers = [home[r] for t in operator.outputs for r in graph.consumers.get(t, ()) if r in home]
        if readers:
            home[operator.id] = min(readers, key=lambda kernel: (stages[kernel], kernel))
            views[home[operator.id]].append(operator.id)
        else:
            extra.append(([], [operator.id]))
    return [(list(group), sorted(own)) for group, own in zip(groups, views, strict=True)] + extra[::-1]
