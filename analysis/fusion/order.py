"""When kernels run: which waits for which, and the orders that follow."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import TopologicalSorter

from .dataflow import Dataflow


def order_of(groups: Sequence[Sequence[int]], flow: Dataflow) -> tuple[int, ...]:
    """Kernels, given by their operators, in an order to run them in: each after those it waits for, else as they are numbered."""
    before = _before(groups, flow)
    done: dict[int, None] = {}
    for kernel in range(len(groups)):
        waiting = [kernel]
        while waiting:
            missing = [other for other in before[waiting[-1]] if other not in done]
            if missing:
                waiting.append(min(missing))
            else:
                done.setdefault(waiting.pop())
    return tuple(done)


def stages_of(groups: Sequence[Sequence[int]], flow: Dataflow) -> tuple[int, ...]:
    """Of each kernel the stage that it runs in, from 0: one more than the last of those it waits for."""
    before = _before(groups, flow)
    found = [0] * len(groups)
    for index in TopologicalSorter(dict(enumerate(before))).static_order():
        found[index] = max((found[kernel] + 1 for kernel in before[index]), default=0)
    return tuple(found)


def _before(groups: Sequence[Sequence[int]], flow: Dataflow) -> list[set[int]]:
    """For each kernel those it waits for."""
    home = {member: index for index, group in enumerate(groups) for member in group}
    return [
        {home[p] for member in group for p in flow.predecessors[member]} - {index} for index, group in enumerate(groups)
    ]
