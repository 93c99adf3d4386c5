"""What mappers need to know of the operators of a graph, as columns: made once, whatever shares a kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from ..constants import constant_value
from ..costs import Cost, Family
from ..fusion import Partition
from ..fusion.operands import Numbers, columns_of
from ..graph import Graph
from .access import Access, access_of, lost_order
from .cpu_work import POOLS, WORK, work_on_cpu
from .kernels import FAMILIES, GEMM, Column, Kernels, gemm_sizes

_GENERATED = np.array([WORK.index("elementwise" if work in POOLS else work) for work in WORK], dtype=np.int64)


@dataclass(frozen=True)
class OperatorColumns:
    """Columns with a row for every operator, by its id."""

    graph: Graph
    costs: Sequence[Cost]

    def kernels(self, cut: Partition) -> Kernels:
        """The kernels of a graph, without their traffic. The anchor leads a kernel, else the operator with most traffic."""
        groups = [working or views for working, views in cut.members]
        members = np.array([member for group in groups for member in group], dtype=np.int64)
        starts = np.cumsum([0, *map(len, groups)], dtype=np.int64)[:-1]
        home = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        domains = self.graph.domains
        anchors = zip(cut.anchors, groups, strict=True)
        lead = np.array([max(g, key=domains.__getitem__) if a is None else a for a, g in anchors], dtype=np.int64)
        eager = cut.policy.dispatch == "operator"
        access = self._access[:, lead] if eager else np.zeros((len(Access._fields), len(lead)))
        irregular, row, softmax_row, twice, copies, image, tiled, wide = access
        if not eager:  # a compiler chooses the order
            tiled = -1.0 * (self._family[lead] == FAMILIES.index("convolution"))
        pairs = self._pairs
        operators = np.empty(len(groups), dtype=np.object_)
        operators[:] = [tuple([pairs[member] for member in group]) for group in groups]
        nothing = np.zeros(len(groups))
        work = self._work if eager else _GENERATED[self._work]

        def total(values: Column) -> Column:
            return np.add.reduceat(values[members], starts)

        return Kernels(
            family=self._family[lead], flops=total(self._flops), macs=total(self._macs),
            elements=np.maximum.reduceat(self._domains[members], starts), bytes=nothing, bytes_activations=nothing,
            **dict(zip(GEMM, self._gemms[:, lead], strict=True)),
            tiled=tiled, kind=self._kinds[lead], operators=operators, instructions=total(self._instructions),
            row=row, softmax_row=softmax_row, irregular=irregular > 0, twice=twice > 0, copies=copies,
            image=image > 0, wide=wide > 0,
            fresh=self._fresh(home, members), cleared=nothing - 1, work=self._work[lead],
            flops_by_work=_by_class(home, work[members], self._flops[members], len(groups)),
            recurrence=self._recurrences[lead],
        )  # fmt: skip

    def _fresh(self, home: Numbers, members: Numbers) -> Column:
        """Elements of a kernel's results that no member reads, in storages that none of them was given."""
        readers, read, makers, made, storage, elements = self._accesses
        span = 1 + max(len(storage), int(storage.max(initial=0)))
        starts = np.full(len(self.costs), -span, dtype=np.int64)  # below 0 for what is no member
        starts[members] = home * span
        readers, makers = starts[readers], starts[makers]
        inside = ~np.isin(makers + made, readers + read) & ~np.isin(makers + storage[made], readers + storage[read])
        fresh = inside & (makers >= 0)
        places, first = np.unique((makers + storage[made])[fresh], return_index=True)
        found = np.zeros(1 + int(home.max(initial=-1)))
        np.add.at(found, places // span, elements[made[fresh][first]])
        return found

    @cached_property
    def _kinds(self) -> NDArray[np.object_]:
        return np.array([operator.kind for operator in self.graph.operators], dtype=np.object_)

    @cached_property
    def _pairs(self) -> list[tuple[str, Family]]:
        return [(o.kind, cost.family) for o, cost in zip(self.graph.operators, self.costs, strict=True)]

    @cached_property
    def _family(self) -> Numbers:
        return np.array([FAMILIES.index(cost.family) for cost in self.costs], dtype=np.int64)

    @cached_property
    def _flops(self) -> Column:
        return np.array([cost.flops for cost in self.costs], dtype=np.float64)

    @cached_property
    def _macs(self) -> Column:
        return np.array([cost.macs for cost in self.costs], dtype=np.float64)

    @cached_property
    def _domains(self) -> Column:
        return np.array(self.graph.domains, dtype=np.float64)

    @cached_property
    def _instructions(self) -> Column:
        return self._domains * [instructions(operator.kind) for operator in self.graph.operators]

    @cached_property
    def _gemms(self) -> Column:
        return gemm_sizes([cost.gemm for cost in self.costs])

    @cached_property
    def _recurrences(self) -> NDArray[np.object_]:
        return np.array([cost.recurrence for cost in self.costs], dtype=np.object_)

    @cached_property
    def _work(self) -> Numbers:
        """Place of each operator's class of work in `WORK`, as PyTorch runs it."""
        kinds = zip(self._pairs, self.costs, strict=True)
        return np.array(
            [WORK.index(work_on_cpu(family, kind, cost.gemm)) for (kind, family), cost in kinds], dtype=np.int64
        )

    @cached_property
    def _accesses(self) -> tuple[Numbers, ...]:
        """Operators and the tensors that they read, operators and those that they make; each tensor's storage and elements."""
        operators, tensors = self.graph.operators, self.graph.tensors
        read = columns_of(((o.id, tensor) for o in operators for tensor in o.inputs), 2)
        made = columns_of(((o.id, tensor) for o in operators for tensor in o.outputs), 2)
        storage = np.array([tensor.storage for tensor in tensors], dtype=np.int64)
        return (*read, *made, storage, np.array(self.graph.elements, dtype=np.int64))

    @cached_property
    def _access(self) -> Column:
        """The fields of `Access`, one below the other."""
        lost = lost_order(self.graph)
        found = [
            access_of(o, cost.family, self.graph, lost)
            for o, cost in zip(self.graph.operators, self.costs, strict=True)
        ]
        return np.array([[getattr(access, name) for access in found] for name in Access._fields], dtype=np.float64)


def _by_class(home: Numbers, work: Numbers, flops: Column, kernels: int) -> Column:
    """Sums of `flops`, a row for each kernel and a column for each class of work."""
    found = np.zeros((kernels, len(WORK)))
    np.add.at(found, (home, work), flops)
    return found


def instructions(kind: str) -> float:
    """Vector instructions an element of what arithmetic operations do not tell, as the branches of an error function."""
    return _instructions().get(kind, 0.0)


@cache
def _instructions() -> Mapping[str, float]:
    return constant_value("gpu", "instructions")
