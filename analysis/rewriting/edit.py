"""A graph as it would be after a change of the code that keeps what it computes.

Operators keep their ids: what a change does without stays in the graph as a view, which costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

from ..graph import Attribute, Graph, Operator, Role, Tensor, bytes_of

_NONE: Mapping[str, Attribute] = {}


@dataclass
class Rewriting:
    """A graph while it is changed. Ids are those of the graph that it began with."""

    before: Graph
    _operators: list[Operator] = field(init=False)
    _tensors: list[Tensor] = field(init=False)
    _bytes: dict[int, int] = field(init=False)
    # Of each storage that lies in another one: in which.
    _inside: dict[int, int] = field(default_factory=dict[int, int], init=False)

    def __post_init__(self) -> None:
        self._operators, self._tensors = list(self.before.operators), list(self.before.tensors)
        self._bytes = dict(self.before.storage_bytes)

    def show(self, operator: int, tensor: int | None) -> None:
        """Makes an operator a view of `tensor`, by default of the first that it reads: its results lie where that does."""
        old = self._operators[operator]
        shown = tensor if tensor is not None else next(iter(old.inputs), None)
        inputs = () if shown is None else (shown,)
        names = ("input",) * len(inputs)
        self._operators[operator] = replace(old, inputs=inputs, input_names=names, view=True)
        if shown is not None:
            for result in old.outputs:
                self._move(self._tensors[result].storage, self._tensors[shown].storage)

    def put(
        self, operator: int, kind: str, inputs: Mapping[str, int], attributes: Mapping[str, Attribute] = _NONE
    ) -> None:
        """Lets an operator compute something else of other tensors, with the same results."""
        old, given = self._operators[operator], tuple(inputs.values())
        self._operators[operator] = replace(
            old, kind=kind, target=kind, inputs=given, input_names=tuple(inputs), attributes=attributes
        )

    def join(self, tensors: Sequence[int], shape: tuple[int, ...]) -> int:
        """A new tensor of a shape that holds some others: they lie in its storage."""
        first = self.before.tensors[tensors[0]]
        joined = self._tensor(shape, first.dtype, first.role)
        for tensor in tensors:
            self._move(self._tensors[tensor].storage, self._tensors[joined].storage)
        return joined

    def widen(self, operators: Sequence[int], inputs: Mapping[str, int], shape: tuple[int, ...]) -> None:
        """Lets the first of some operators compute the results of all, as parts of one tensor of a shape."""
        first = self._operators[operators[0]]
        parts = [result for o in operators for result in self._operators[o].outputs]
        wide = self.join(parts, shape)
        for other in operators[1:]:
            self.show(other, wide)
        self._operators[first.id] = replace(
            first, inputs=tuple(inputs.values()), input_names=tuple(inputs), outputs=(wide, *first.outputs)
        )

    def graph(self) -> Graph:
        """The graph as it is now."""
        tensors = tuple(replace(t, storage=self._home(t.storage)) for t in self._tensors)
        held: dict[int, int] = {}
        for storage, until in self.before.held.items():
            home = self._home(storage)
            held[home] = max(until, held.get(home, 0))
        return replace(
            self.before, operators=tuple(self._operators), tensors=tensors, storage_bytes=self._bytes, held=held
        )

    def _tensor(self, shape: tuple[int, ...], dtype: str, role: Role) -> int:
        storage = max(self._bytes, default=-1) + 1
        self._bytes[storage] = prod(shape) * bytes_of(dtype)
        strides = tuple(prod(shape[i + 1 :]) for i in range(len(shape)))
        self._tensors.append(Tensor(len(self._tensors), shape, dtype, strides, storage, role))
        return len(self._tensors) - 1

    def _home(self, storage: int) -> int:
        while storage in self._inside:
            storage = self._inside[storage]
        return storage

    def _move(self, storage: int, into: int) -> None:
        source, target = self._home(storage), self._home(into)
        if source != target:
            self._inside[source] = target
