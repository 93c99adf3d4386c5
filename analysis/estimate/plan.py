"""What does not depend on the device: a graph's costs, its kernels and its memory under the rules of one compiler.

Traffic and memory are linear in the width of a float: bytes = fixed + width · floats. So one plan serves every precision,
and every device, of a sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...hardware_profiles import Precision
from ..costs import Cost, Sizes, costs_of
from ..fusion import Partition, Policy, Subgraph, partition
from ..graph import Graph
from ..mapping import OWN_TYPES, Kernels, OperatorColumns, kernel_precision
from ..mapping.kernels import Column, Mask
from ..numerics import Numerics
from .cleared import cleared_bytes
from .memory import MemorySchedule


@dataclass(frozen=True)
class Plan:
    """A graph as it runs, cut into kernels."""

    graph: Graph
    costs: tuple[Cost, ...]
    partition: Partition
    operators: OperatorColumns

    @classmethod
    def of(cls, graph: Graph, policy: Policy, costs: Sequence[Cost] | None = None) -> Plan:
        """Costs and kernels of a graph. `costs`: the graph's, if they are known."""
        known = tuple(costs) if costs is not None else costs_of(graph)
        return cls(graph, known, partition(graph, known, policy), OperatorColumns(graph, known))

    def under(self, policy: Policy) -> Plan:
        """The same graph cut into kernels by other rules."""
        return replace(self, partition=partition(self.graph, self.costs, policy, self.partition.flow))

    def subgraphs(self, storage: Precision) -> tuple[Subgraph, ...]:
        """The kernels in detail, with what the graph calls float32 stored at a precision."""
        return self.partition.subgraphs(Sizes(self.graph, storage.bytes))

    def kernels(self, storage: Precision) -> Kernels:
        """The kernels as columns."""
        width = storage.bytes
        if width not in self._kernels:
            at_none, data, activations = self._traffic
            moved = at_none.bytes + width * data, at_none.bytes_activations + width * activations
            self._kernels[width] = at_none.moving(*moved)
        return self._kernels[width]

    def followed(self, storage: Precision) -> Kernels:
        """The kernels of an eager run on a CPU, with what the system clears for each."""
        if storage.bytes not in self._followed:
            kernels = self.kernels(storage)
            self._followed[storage.bytes] = replace(kernels, cleared=cleared_bytes(self.partition, storage))
        return self._followed[storage.bytes]

    def precisions(self, numerics: Numerics) -> tuple[Precision, ...]:
        """What each kernel computes in."""
        if isinstance(numerics, Precision) and not self._has_own_types:
            return (numerics,) * len(self.partition.members)
        if numerics not in self._precisions:
            parts = zip(self.partition.operators, self.partition.anchors, strict=True)
            found = tuple(kernel_precision(*part, self.graph, self.costs, numerics) for part in parts)
            self._precisions[numerics] = found
        return self._precisions[numerics]

    @cached_property
    def exists(self) -> Mask:
        """Kernels that do work: a subgraph of views does none."""
        return np.array([bool(working) for working, _ in self.partition.members], dtype=np.bool_)

    @cached_property
    def launches(self) -> int:
        """How many kernels do work."""
        return int(self.exists.sum())

    @cached_property
    def macs(self) -> float:
        """Multiply-accumulates of the graph."""
        return float(sum([cost.macs for cost in self.costs]))

    @cached_property
    def flops(self) -> float:
        """Operations of the graph."""
        return float(sum([cost.flops for cost in self.costs]))

    @cached_property
    def stages(self) -> NDArray[np.int64]:
        """The stage of each kernel: those of one stage do not wait for each other."""
        return np.array(self.partition.stages, dtype=np.int64)

    @cached_property
    def memory(self) -> MemorySchedule:
        """What is alive when."""
        return MemorySchedule.of(self.partition)

    @cached_property
    def _traffic(self) -> tuple[Kernels, Column, Column]:
        """Kernels whose floats have no width, and floats moved in all and by activations."""
        cut, graph = self.partition, self.graph
        (fixed, fixed_activations), (data, activations) = (cut.traffic(Sizes(graph, width)) for width in (0.0, 1.0))
        return (
            self.operators.kernels(cut).moving(fixed, fixed_activations),
            data - fixed,
            activations - fixed_activations,
        )

    @cached_property
    def _kernels(self) -> dict[float, Kernels]:
        """What `kernels` has found, by the width of a float."""
        return {}

    @cached_property
    def _followed(self) -> dict[float, Kernels]:
        """What `followed` has found, by the width of a float."""
        return {}

    @cached_property
    def _has_own_types(self) -> bool:
        """Whether the model's code asks for other types than the one that a precision stands for."""
        return any(tensor.dtype in OWN_TYPES for tensor in self.graph.tensors)

    @cached_property
    def _precisions(self) -> dict[Numerics, tuple[Precision, ...]]:
        """What `precisions` has found."""
        return {}
