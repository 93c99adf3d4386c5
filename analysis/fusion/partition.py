"""The partitioner: grows kernels along the data flow, under a policy, never across a cycle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..costs import Cost, Sizes
from ..graph import Graph
from .dataflow import Dataflow
from .policy import Mode, Policy, policy_for


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One kernel: its operators (views included) and the bytes it reads from and writes to memory.

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


@dataclass(frozen=True)
class Partition:
    """Which operators share a kernel: for each kernel its working operators and its views. Independent of precision."""

    flow: Dataflow
    members: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    every_write: bool

    def subgraphs(self, sizes: Sizes) -> tuple[Subgraph, ...]:
        """The kernels with their traffic at a precision."""
        return tuple(
            _subgraph(index, *members, moved, self.flow, sizes)
            for index, (members, moved) in enumerate(zip(self.members, self._moved, strict=True))
        )

    def traffic(self, sizes: Sizes) -> tuple[list[float], list[float]]:
        """Bytes that each kernel moves at a precision, results that nobody reads included: in all, and of activations."""
        activations = [sizes.total(moved.activations) + sizes.total(moved.leaving) for moved in self._moved]
        others = (sizes.total(moved.weights) + sizes.total(moved.unread) for moved in self._moved)
        return [a + other for a, other in zip(activations, others, strict=True)], activations

    @cached_property
    def _moved(self) -> tuple[_Moved, ...]:
        return tuple(_Moved.of(group, self.flow, self.every_write) for group, _ in self.members)


def partition(graph: Graph, costs: Sequence[Cost], mode: Mode, flow: Dataflow | None = None) -> Partition:
    """Every operator in exactly one kernel, in order of their first working operator. `flow`: the graph's, if it is known."""
    flow = flow or Dataflow(graph, costs)
    groups = _Groups(flow, policy_for(mode)).grow()
    members = tuple((tuple(group), tuple(views)) for group, views in _with_views(graph, groups))
    return Partition(flow, members, every_write=mode == "eager")


class _Groups:
    """Kernels while they grow: each working operator joins its producers' kernels where the policy allows."""

    def __init__(self, flow: Dataflow, policy: Policy) -> None:
        self._flow, self._policy = flow, policy
        self._group: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._depth = flow.depths(frozenset(policy.anchors))

    def grow(self) -> list[list[int]]:
        for operator_id in self._flow.working:
            self._group[operator_id] = operator_id
            self._members[operator_id] = [operator_id]
            for producer in self._producers(operator_id):
                self._try_merge(producer, operator_id)
        return sorted((sorted(members) for members in self._members.values()), key=lambda members: members[0])

    def _producers(self, operator_id: int) -> list[int]:
        """Latest first: a join goes with the branch that finishes last."""
        return sorted(self._flow.predecessors[operator_id], reverse=True)

    def _try_merge(self, producer: int, consumer: int) -> None:
        first, second = self._group[producer], self._group[consumer]
        if first == second or not self._compatible(producer, consumer):
            return
        merged = self._members[first] + self._members[second]
        if self._anchors(merged) > 1 or self._leaves_and_returns(merged):
            return
        keep, drop = min(first, second), max(first, second)
        self._members[keep] = merged
        for member in self._members.pop(drop):
            self._group[member] = keep
        for member in merged:
            self._group[member] = keep

    def _compatible(self, producer: int, consumer: int) -> bool:
        policy, costs = self._policy, self._flow.costs
        before, after = costs[producer].family, costs[consumer].family
        if after not in policy.fusible or before not in policy.fusible | policy.anchors:
            return False
        if self._anchors(self._members[self._group[producer]]):
            if after not in policy.epilogue or len(self._flow.predecessors[consumer]) > 1:
                return False
        elif policy.same_depth and self._depth[producer] != self._depth[consumer]:
            return False
        return self._same_domain(producer, consumer)

    def _same_domain(self, producer: int, consumer: int) -> bool:
        """The consumer walks over what the producer walked over, or over its result."""
        tensors = self._flow.graph.tensors
        walked = self._flow.domain(consumer)
        results = {tensors[t].elements for t in self._flow.graph.operators[producer].outputs}
        if self._flow.costs[producer].family in self._policy.anchors:
            return walked in results
        return walked == self._flow.domain(producer) or walked in results

    def _anchors(self, members: Iterable[int]) -> int:
        return sum(self._flow.costs[member].family in self._policy.anchors for member in members)

    def _leaves_and_returns(self, members: Sequence[int]) -> bool:
        """Whether data leaves the group and comes back: one kernel cannot wait for another in its middle."""
        inside = set(members)
        first = min(inside)
        queue = [p for member in inside for p in self._flow.predecessors[member] if p not in inside and p > first]
        seen: set[int] = set(queue)
        while queue:
            for source in self._flow.predecessors[queue.pop()]:
                if source in inside:
                    return True
                if source > first and source not in seen:
                    seen.add(source)
                    queue.append(source)
        return False


def _with_views(graph: Graph, groups: Sequence[Sequence[int]]) -> list[tuple[list[int], list[int]]]:
    """Adds each view to the kernel that produced what it shows, else to its first reader's, else makes it its own."""
    home = {member: index for index, group in enumerate(groups) for member in group}
    views: list[list[int]] = [[] for _ in groups]
    extra: list[tuple[list[int], list[int]]] = []
    for operator in graph.operators:
        if operator.view:
            before = [home[p] for p in graph.predecessors[operator.id] if p in home]
            if before:
                home[operator.id] = before[-1]
                views[before[-1]].append(operator.id)
    for operator in reversed(graph.operators):
        if operator.view and operator.id not in home:
            readers = [home[r] for t in operator.outputs for r in graph.consumers.get(t, ()) if r in home]
            if readers:
                home[operator.id] = min(readers)
                views[min(readers)].append(operator.id)
            else:
                extra.append(([], [operator.id]))
    return [(list(group), sorted(own)) for group, own in zip(groups, views, strict=True)] + extra[::-1]


@dataclass(frozen=True, slots=True)
class _Moved:
    """Elements that a kernel moves, by tensor. `used`: results that somebody reads, whether they leave the kernel or not."""

    activations: Mapping[int, int]
    weights: Mapping[int, int]
    leaving: Mapping[int, int]
    unread: Mapping[int, int]
    used: Mapping[int, int]

    @classmethod
    def of(cls, group: Sequence[int], flow: Dataflow, every_write: bool) -> _Moved:
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
        leaving = used if every_write else {tensor: n for tensor, n in used.items() if flow.is_used(tensor, inside)}
        unread = {tensor: n for tensor, n in writes.items() if tensor not in used} if every_write else {}
        weights = {t: n for t, n in reads.items() if graph.tensors[t].is_weight}
        activations = {t: n for t, n in reads.items() if t not in weights}
        return cls(activations, weights, leaving, unread, used)


def _subgraph(
    index: int, group: Sequence[int], views: Sequence[int], moved: _Moved, flow: Dataflow, sizes: Sizes
) -> Subgraph:
    graph, costs = flow.graph, flow.costs
    anchors = [m for m in group if costs[m].macs > 0] or [m for m in group if costs[m].family == "pool"]
    return Subgraph(
        id=index,
        operators=tuple(sorted([*group, *views])),
        anchor=anchors[0] if anchors else None,
        pattern="+".join(graph.operators[m].kind for m in group) or graph.operators[views[0]].kind,
        bytes_read=sizes.total(moved.activations),
        bytes_weights=sizes.total(moved.weights),
        bytes_written=sizes.total(moved.leaving),
        bytes_unread=sizes.total(moved.unread),
        bytes_separate=sum(sizes.total(costs[m].reads) for m in group) + sizes.total(moved.used),
    )


def _same_data(flow: Dataflow, tensor: int) -> int:
    """A view of the whole is the same data as what it shows; a slice is its own."""
    origin = flow.origin[tensor]
    tensors = flow.graph.tensors
    return origin if tensors[origin].elements == tensors[tensor].elements else tensor
