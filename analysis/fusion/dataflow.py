"""Data flow between the operators that do work: views are looked through."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..costs import Cost
from ..graph import Graph
from .operands import Numbers, Operands, columns_of

_NOBODY: frozenset[int] = frozenset()


class Dataflow:
    """Who feeds whom, over operators that are not views."""

    def __init__(self, graph: Graph, costs: Sequence[Cost]) -> None:
        self.graph = graph
        self.costs = costs

    @cached_property
    def working(self) -> tuple[int, ...]:
        """Ids of the operators that are not views, in execution order."""
        return tuple(operator.id for operator in self.graph.operators if not operator.view)

    @cached_property
    def origin(self) -> tuple[int, ...]:
        """Tensor id → the tensor it is a view of (itself when it is none); one result in several shapes is one tensor."""
        tensors = self.graph.tensors
        origins = list(range(len(tensors)))
        for operator in self.graph.operators:
            first: dict[int, int] = {}
            for tensor in operator.outputs:
                shown = first.setdefault(tensors[tensor].storage, tensor)
                origins[tensor] = origins[operator.inputs[0]] if operator.view and operator.inputs else shown
        return tuple(origins)

    @cached_property
    def predecessors(self) -> tuple[tuple[int, ...], ...]:
        """Operator id → working operators whose results it reads, through views."""
        producers, origin = self.graph.producers, self.origin
        found: list[tuple[int, ...]] = []
        for operator in self.graph.operators:
            sources = (producers.get(origin[tensor]) for tensor in operator.inputs)
            found.append(tuple(dict.fromkeys(s for s in sources if s is not None and s != operator.id)))
        return tuple(found)

    @cached_property
    def readers(self) -> dict[int, frozenset[int]]:
        """Origin tensor → working operators that read it, through views."""
        found: dict[int, set[int]] = {}
        for operator_id in self.working:
            for tensor in self.graph.operators[operator_id].inputs:
                found.setdefault(self.origin[tensor], set()).add(operator_id)
        return {tensor: frozenset(readers) for tensor, readers in found.items()}

    @cached_property
    def data(self) -> tuple[int, ...]:
        """Tensor id → the data it shows: a view of the whole is what it is a view of, a slice is its own."""
        elements = self.graph.elements
        return tuple(
            origin if elements[origin] == elements[tensor] else tensor for tensor, origin in enumerate(self.origin)
        )

    @cached_property
    def sharers(self) -> tuple[frozenset[int], ...]:
        """Working operators that read the same data: each set of several, of results of more than one element."""
        graph, found = self.graph, dict[int, set[int]]()
        for operator_id in self.working:
            for tensor in graph.operators[operator_id].inputs:
                if graph.elements[tensor] > 1 and not graph.tensors[self.origin[tensor]].is_weight:
                    found.setdefault(self.data[tensor], set()).add(operator_id)
        return tuple(frozenset(readers) for readers in found.values() if len(readers) > 1)

    @cached_property
    def returned(self) -> frozenset[int]:
        """Origin tensors that the model returns."""
        return frozenset(self.origin[tensor] for tensor in self.graph.output_tensors)

    @cached_property
    def reads(self) -> Operands:
        """What each working operator reads."""
        return Operands.of((operator_id, self.costs[operator_id].reads) for operator_id in self.working)

    @cached_property
    def writes(self) -> Operands:
        """What each working operator writes."""
        return Operands.of((operator_id, self.costs[operator_id].writes) for operator_id in self.working)

    @cached_property
    def makers(self) -> Numbers:
        """Tensor id → the operator that made what it shows, -1 for inputs and weights."""
        producers = self.graph.producers
        return np.array([producers.get(tensor, -1) for tensor in self.origin], dtype=np.int64)

    @cached_property
    def passed(self) -> tuple[Numbers, Numbers]:
        """Origin tensors and the working operators that read them, through views: a row for each pair."""
        pairs = ((tensor, reader) for tensor, readers in self.readers.items() for reader in readers)
        tensors, readers = columns_of(pairs, 2)
        return tensors, readers

    @cached_property
    def patched(self) -> tuple[tuple[int, int], ...]:
        """Origin tensors of which an operator overwrites a part in place, each with the part, in execution order."""
        graph, found = self.graph, list[tuple[int, int]]()
        for operator_id in self.working:
            operator = graph.operators[operator_id]
            if operator.inputs and operator.outputs:
                target, part = operator.inputs[0], operator.outputs[0]
                storage = graph.tensors[part].storage
                shown = (graph.elements[t] for t in operator.outputs if graph.tensors[t].storage == storage)
                if graph.tensors[target].storage == storage and max(shown) > graph.elements[part]:
                    found.append((self.origin[target], part))
        return tuple(found)

    @cached_property
    def weights(self) -> NDArray[np.bool_]:
        """Tensor id → whether what it shows is part of the model."""
        return np.array([self.graph.tensors[tensor].is_weight for tensor in self.data], dtype=np.bool_)

    @cached_property
    def is_returned(self) -> NDArray[np.bool_]:
        """Tensor id → whether it is an origin that the model returns."""
        found = np.zeros(len(self.origin), dtype=np.bool_)
        found[list(self.returned)] = True
        return found

    def is_used(self, tensor: int, inside: frozenset[int] | set[int] = _NOBODY) -> bool:
        """Whether a result is returned by the model or read by an operator that is not among `inside`."""
        return tensor in self.returned or not self.readers.get(tensor, _NOBODY) <= inside

    def results(self, operator_id: int) -> tuple[int, ...]:
        """Sizes of the operator's results, in elements."""
        return tuple([self.graph.elements[t] for t in self.graph.operators[operator_id].outputs])

    def domain(self, operator_id: int) -> int:
        """Size of the operator's iteration space, in elements."""
        return self.graph.domains[operator_id]
