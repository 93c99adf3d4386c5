"""When each storage of a graph is alive.

In eager mode a step is an operator, and a storage lives until Python lets go of it. In a compiled program a step is a kernel;
what never leaves a kernel takes no memory, and a storage lives from its first writer to its last reader.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..fusion import Partition
from ..fusion.operands import Numbers, columns_of
from ..graph import Graph
from ..mapping.kernels import Column, Mask


@dataclass(frozen=True, slots=True)
class Lives:
    """Of each storage the first and the last of so many steps at which it is alive; a caller may hold it beyond them."""

    first: Numbers
    last: Numbers
    steps: int

    @classmethod
    def of(cls, cut: Partition) -> Lives:
        """The lives in a graph cut into kernels, under the rules that cut it."""
        eager = cut.policy.dispatch == "operator"
        return cls._in_python(cut.flow.graph) if eager else cls._in_kernels(cut)

    @property
    def known(self) -> Mask:
        """Which storages are alive at all."""
        return self.last >= 0

    def alive(self, chosen: Mask, sizes: Column) -> Column:
        """The sizes of what is alive of some storages, by step."""
        size = sizes[chosen].astype(np.float64)
        comes = np.bincount(self.first[chosen], size, self.steps + 2)
        goes = np.bincount(self.last[chosen] + 1, size, self.steps + 2)
        return np.cumsum(comes - goes, dtype=np.float64)

    @classmethod
    def _in_python(cls, graph: Graph) -> Lives:
        """By operator: as long as Python holds a storage, or somebody reads it. Autocast keeps the casts of parameters."""
        pairs = ((o.id, tensor) for o in graph.operators for tensor in (*o.inputs, *o.outputs))
        steps, touched = columns_of(pairs, 2)
        lives = cls._touched(graph, steps, touched, len(graph.operators))
        last = {storage: ran - 1 for storage, ran in graph.held.items() if lives.last[storage] >= 0}
        held = list(last)
        lives.last[held] = np.maximum(lives.last[held], list(last.values()))
        casts = [tensor for tensor in graph.producers if graph.tensors[tensor].role == "parameter"]
        lives.last[[graph.tensors[tensor].storage for tensor in casts]] = lives.steps
        return lives

    @classmethod
    def _in_kernels(cls, cut: Partition) -> Lives:
        """By kernel: from the first that writes a storage to the last that reads it."""
        place = np.empty(len(cut.order), dtype=np.int64)
        place[list(cut.order)] = np.arange(len(cut.order))
        kernels, touched = cut.accesses()
        return cls._touched(cut.flow.graph, place[kernels], touched, len(place))

    @classmethod
    def _touched(cls, graph: Graph, steps: Numbers, touched: Numbers, count: int) -> Lives:
        """From the first to the last of `count` steps that touch a storage. The caller holds what it gave and what it gets."""
        tensors = graph.tensors
        storage = np.array([tensor.storage for tensor in tensors], dtype=np.int64)[touched]
        first, last = (np.full(storages(graph), step, dtype=np.int64) for step in (count, -1))
        np.minimum.at(first, storage, steps)
        np.maximum.at(last, storage, steps)
        given = [tensors[tensor].storage for tensor in graph.input_tensors]
        returned = [tensors[tensor].storage for tensor in graph.output_tensors]
        first[given], last[given] = 0, count
        last[[number for number in returned if last[number] >= 0]] = count
        return cls(first, last, count)


def storages(graph: Graph) -> int:
    """One more than the largest number of a storage."""
    return 1 + max(graph.storage_bytes, default=-1)
