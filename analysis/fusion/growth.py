"""Kernels grow along the data flow: each operator joins its producers' kernels where the rules allow, never across a cycle."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

from .dataflow import Dataflow
from .policy import Policy
from .windows import Loop, loop_of

Boundary = Literal["output", "operator", "extern", "family", "fork", "join", "shape", "limit", "wait", "fallback"]
WORDS: dict[Boundary, str] = {
    "output": "the model returns its result",
    "operator": "every operator is a kernel",
    "extern": "a convolution, product, attention or pool is a kernel of its own",
    "family": "what comes next shares no kernel with it",
    "fork": "several operators read its result",
    "join": "what comes next also reads another kernel's result",
    "shape": "what comes next walks over other elements",
    "limit": "one kernel holds no more",
    "wait": "what comes next also waits for a kernel that reads this one",
    "fallback": "the device does not run it, or what comes next",
}
_JOINING = ("cat", "stack")


def _unsupported(flow: Dataflow, policy: Policy) -> frozenset[int]:
    """Operators that the device does not run."""
    if policy.supported is None:
        return frozenset()
    operators, costs = flow.graph.operators, flow.costs
    return frozenset(o for o in flow.working if not policy.supports(operators[o].kind, costs[o].family))


class Growth:
    """Kernels while they grow. `refused` has, for each edge between operators that was not fused, why."""

    def __init__(self, flow: Dataflow, policy: Policy) -> None:
        self._flow, self._policy = flow, policy
        pairs = zip(flow.graph.operators, flow.costs, strict=True)
        self._loops = [loop_of(operator, cost, flow.graph, policy.window) for operator, cost in pairs]
        self._group: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        # Of each kernel: how many operators that stand alone it holds, and whether all of it may be computed again.
        self._anchors: dict[int, int] = {}
        self._inlined: dict[int, bool] = {}
        self._away = _unsupported(flow, policy)
        self.refused: dict[tuple[int, int], Boundary] = {}

    def grow(self) -> list[list[int]]:
        """The kernels, in order of their first operator."""
        for operator_id in self._flow.working:
            family = self._loops[operator_id]
            self._group[operator_id] = operator_id
            self._members[operator_id] = [operator_id]
            self._anchors[operator_id] = family in self._policy.alone
            self._inlined[operator_id] = family in self._policy.inlined
            # Latest first: a join goes with the branch that finishes last.
            for producer in sorted(self._flow.predecessors[operator_id], reverse=True):
                reason = self._merge(producer, operator_id)
                if reason is not None:
                    self.refused[producer, operator_id] = reason
        if self._policy.siblings:
            self._join_siblings()
        return sorted(self._members.values())

    def _join_siblings(self) -> None:
        """Kernels that read the same data over as many elements become one, where neither waits for the other."""
        for readers in self._flow.sharers:
            kept: list[int] = []
            for group in sorted({self._group[reader] for reader in readers}):
                first = next((other for other in kept if self._may_join(other, group)), None)
                if first is None:
                    kept.append(group)
                else:
                    self._put_together(first, group)

    def _may_join(self, first: int, second: int) -> bool:
        """Whether two kernels may become one though neither reads the other's results."""
        both = (first, second)
        members = [self._members[group] for group in both]
        if not all(self._loops[member] in self._policy.fused for group in members for member in group):
            return False
        if len({member in self._away for group in members for member in group}) > 1:
            return False
        if len({max(self._flow.domain(member) for member in group) for group in members}) > 1:
            return False
        if any(self._group[s] in both and self._group[s] != self._group[m]
               for group in members for m in group for s in self._flow.predecessors[m]):  # fmt: skip
            return False
        return not self._too_large(sorted(members[0] + members[1])) and not self._leaves_and_returns(first, second)

    def _merge(self, producer: int, consumer: int) -> Boundary | None:
        """Puts two operators into one kernel, or says why not."""
        first, second = self._group[producer], self._group[consumer]
        if first == second:
            return None
        reason = self._incompatible(producer, consumer)
        if reason is not None:
            return reason
        if self._anchors[first] + self._anchors[second] > 1:
            return "join"
        if self._loops[consumer] != "window" and self._looks_into(second, first, {"window"}):
            return "shape"
        if not self._policy.prologue and self._looks_into(second, first, self._policy.alone):
            return "extern"
        merged = sorted(self._members[first] + self._members[second])
        if self._too_large(merged):
            return "limit"
        if self._leaves_and_returns(first, second):
            return "wait"
        self._put_together(first, second)
        return None

    def _put_together(self, first: int, second: int) -> None:
        keep, drop = min(first, second), max(first, second)
        moved = self._members.pop(drop)
        self._members[keep] = sorted(self._members[keep] + moved)
        self._anchors[keep] += self._anchors.pop(drop)
        self._inlined[keep] &= self._inlined.pop(drop)
        for member in moved:
            self._group[member] = keep

    def _incompatible(self, producer: int, consumer: int) -> Boundary | None:
        """Why the rules keep two operators apart."""
        policy = self._policy
        before, after = self._loops[producer], self._loops[consumer]
        if not policy.fused:
            return "operator"
        if (producer in self._away) != (consumer in self._away):
            return "fallback"
        anchored = self._anchors[self._group[producer]] > 0
        if after in policy.alone:
            allowed = before in policy.prologue and not anchored and not self._forks(producer)
            return None if allowed else "extern"
        if after not in policy.fused or before not in policy.fused | policy.alone or before in policy.last:
            return "family"
        if anchored:
            if after not in policy.epilogue:
                return "extern"
            if not policy.joins and len(self._flow.predecessors[consumer]) > 1:
                return "join"
        if not policy.forks and self._forks(producer):
            return "fork"
        if policy.cat_inputs is not None and self._joined(producer) > policy.cat_inputs:
            return "limit"
        return None if self._walks_alike(producer, consumer, anchored) else "shape"

    def _walks_alike(self, producer: int, consumer: int, anchored: bool) -> bool:
        """Whether one loop serves both: over the same elements, over a result, or computing a small one again and again."""
        flow, policy = self._flow, self._policy
        walked, group = flow.domain(consumer), self._group[producer]
        inlined = self._inlined[group]
        if self._loops[consumer] == "window":
            return inlined and not self._forks(producer) and self._reads(group) <= 1
        if self._loops[producer] == "window":
            return walked in flow.results(producer) or self._joined(consumer) > 0
        # A copy in another order takes what can be computed in that order: not what comes from whole rows.
        if self._loops[consumer] == "movement" and not (anchored or inlined or self._joined(consumer)):
            return False
        if walked in flow.results(producer):
            return True
        if anchored:
            return self._loops[producer] not in policy.alone and walked == flow.domain(producer)
        if walked == flow.domain(producer) or self._joined(consumer):
            return True
        if inlined and walked > flow.domain(producer):
            return True
        # Rows are reduced and read again: the kernel walks over all of them, and keeps one at a time.
        return max(flow.results(producer)) > 1 and any(flow.domain(m) == walked for m in self._members[group])

    def _reads(self, group: int) -> int:
        """How many tensors a kernel reads: what reads one is computed again for every window that has it."""
        graph, origin, members = self._flow.graph, self._flow.origin, self._members[group]
        made = {tensor for member in members for tensor in graph.operators[member].outputs}
        given = {origin[tensor] for member in members for tensor in graph.operators[member].inputs}
        read = [tensor for tensor in given - made if graph.tensors[tensor].elements > 1]
        producers = (graph.producers.get(tensor) for tensor in read if self._policy.bias_apart)
        biases = (p is not None and graph.operators[p].input("bias") is not None for p in producers)
        return len(read) + sum(biases)

    def _looks_into(self, group: int, other: int, loops: AbstractSet[Loop]) -> bool:
        """Whether one of `loops` in a kernel reads what another computes: it needs the elements around each, or all of them."""
        readers = (member for member in self._members[group] if self._loops[member] in loops)
        return any(self._group[source] == other for reader in readers for source in self._flow.predecessors[reader])

    def _joined(self, operator_id: int) -> int:
        """How many tensors a concatenation joins: its producers write their parts in place. Of other operators none."""
        operator = self._flow.graph.operators[operator_id]
        return len(operator.inputs) if operator.kind in _JOINING else 0

    def _forks(self, operator_id: int) -> bool:
        """Whether several operators read its result, or the model returns it."""
        flow = self._flow
        results = flow.graph.operators[operator_id].outputs
        readers = sum([len(flow.readers.get(tensor, ())) for tensor in results])
        return readers > 1 or not flow.returned.isdisjoint(results)

    def _too_large(self, members: Sequence[int]) -> bool:
        policy = self._policy
        if policy.operators is not None and len(members) > policy.operators:
            return True
        if policy.operands is None:
            return False
        operators = [self._flow.graph.operators[member] for member in members]
        if sum(len(operator.inputs) + len(operator.outputs) for operator in operators) <= policy.operands:
            return False
        made = {tensor for operator in operators for tensor in operator.outputs}
        read = {self._flow.origin[tensor] for operator in operators for tensor in operator.inputs} - made
        inside = set(members)
        return len(read) + sum(self._flow.is_used(tensor, inside) for tensor in made) > policy.operands

    def _leaves_and_returns(self, first: int, second: int) -> bool:
        """Whether data would leave the kernel of both and come back through others: no kernel waits for another in its middle."""
        start = min(self._members[first][0], self._members[second][0])
        seen = {first, second}
        queue = [first, second]
        while queue:
            current = queue.pop()
            for member in self._members[current]:
                for source in self._flow.predecessors[member]:
                    group = self._group[source]
                    if current not in (first, second) and group in (first, second):
                        return True
                    # What ends before the first operator of both cannot depend on them.
                    if group not in seen and self._members[group][-1] > start:
                        seen.add(group)
                        queue.append(group)
        return False
