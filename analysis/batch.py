"""One model at many batch sizes from a few captures, where that is exact.

A model is captured at four batch sizes. Where the four graphs run the same operators, and every size in them is a
polynomial of the batch of second degree or less (a batch-by-batch similarity matrix is quadratic), the graphs between
them follow; three captures fix the polynomials and the fourth checks them. Batch 1 stays apart: PyTorch leaves out copies
and squeezes dimensions there. Where graphs differ, as with a branch on the batch size, every size is captured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm, prod
from operator import mul

from .graph import Attribute, Graph, Operator, Tensor

_CAPTURES = 4


class NotExact(ValueError):
    """The captured graphs do not determine those between them."""


@dataclass(frozen=True)
class Family:
    """Graphs of one model by batch size; those between the captured ones are computed."""

    captured: Mapping[int, Graph]

    def __post_init__(self) -> None:
        if len(self.captured) < _CAPTURES or min(self.captured) < 2:
            raise ValueError(f"a family needs captures at {_CAPTURES} batch sizes above 1")
        *known, last = sorted(self.captured)
        if _between({batch: self.captured[batch] for batch in known}, last) != self.captured[last]:
            raise NotExact

    def at(self, batch: int) -> Graph:
        """The graph at a batch size from the smallest captured to the largest. Raises `ValueError` outside."""
        if batch in self.captured:
            return self.captured[batch]
        if not min(self.captured) < batch < max(self.captured):
            raise ValueError(f"batch {batch} is outside of the captured ones")
        return _between(self.captured, batch)


def graphs_at(batches: Sequence[int], capture: Callable[[int], Graph]) -> dict[int, Graph]:
    """The graph of every batch size, with as few calls of `capture` as are exact."""
    larger = sorted({batch for batch in batches if batch > 1})
    found = {batch: capture(batch) for batch in sorted({batch for batch in batches if batch < 2})}
    if len(larger) > _CAPTURES:
        last = len(larger) - 1
        chosen = [larger[index * last // (_CAPTURES - 1)] for index in range(_CAPTURES)]
        captured = {batch: capture(batch) for batch in chosen}
        try:
            family = Family(captured)
            return found | {batch: family.at(batch) for batch in larger}
        except NotExact:
            found |= captured
    return found | {batch: capture(batch) for batch in larger if batch not in found}


def _between(captured: Mapping[int, Graph], batch: int) -> Graph:
    """The graph at `batch` by the polynomials through the captured ones. Raises `NotExact`."""
    batches, graphs = tuple(captured), tuple(captured.values())
    first = graphs[0]
    if any(_structure(graph) != _structure(first) for graph in graphs[1:]):
        raise NotExact
    weights, denominator = _lagrange(batches, batch)

    def size(values: Sequence[int]) -> int:
        if values.count(values[0]) == len(values):
            return values[0]
        found, rest = divmod(sum(map(mul, weights, values)), denominator)
        if rest:
            raise NotExact
        return found

    def sizes(values: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        return tuple(size(column) for column in zip(*values, strict=True))

    def tensor(*versions: Tensor) -> Tensor:
        shapes, strides = [v.shape for v in versions], [v.strides for v in versions]
        if all(shape == shapes[0] for shape in shapes) and all(stride == strides[0] for stride in strides):
            return versions[0]
        return replace(versions[0], shape=sizes(shapes), strides=sizes(strides))

    def operator(*versions: Operator) -> Operator:
        attributes = [v.attributes for v in versions]
        if all(other == attributes[0] for other in attributes):
            return versions[0]
        changed = {name: _attribute([a[name] for a in attributes], size) for name in attributes[0]}
        return replace(versions[0], attributes=changed)

    specs = zip(*(graph.inputs for graph in graphs), strict=True)
    return replace(
        first,
        tensors=tuple(tensor(*versions) for versions in zip(*(g.tensors for g in graphs), strict=True)),
        operators=tuple(operator(*versions) for versions in zip(*(g.operators for g in graphs), strict=True)),
        storage_bytes={key: size([g.storage_bytes[key] for g in graphs]) for key in first.storage_bytes},
        inputs=tuple(replace(spec[0], shape=sizes([s.shape for s in spec])) for spec in specs),
    )


def _structure(graph: Graph) -> object:
    """What must not depend on the batch size."""
    operators = [
        (o.target, o.inputs, o.input_names, o.outputs, o.module, o.view, tuple(o.attributes)) for o in graph.operators
    ]
    tensors = [(len(t.shape), t.dtype, t.storage, t.role) for t in graph.tensors]
    ranks = [len(spec.shape) for spec in graph.inputs]
    return operators, tensors, graph.parameters, tuple(graph.storage_bytes), graph.held, graph.channels_last, ranks


def _attribute(versions: Sequence[Attribute], size: Callable[[Sequence[int]], int]) -> Attribute:
    """An argument at the wanted batch size. Raises `NotExact` for one that changes and is no integer."""
    first = versions[0]
    if all(version == first for version in versions):
        return first
    if all(
        isinstance(version, tuple) and isinstance(first, tuple) and len(version) == len(first) for version in versions
    ):
        return tuple(_attribute(column, size) for column in zip(*versions, strict=True))  # type: ignore[arg-type]
    if all(isinstance(version, int) and not isinstance(version, bool) for version in versions):
        return size([int(version) for version in versions])  # type: ignore[arg-type]
    raise NotExact


def _lagrange(points: Sequence[int], wanted: int) -> tuple[list[int], int]:
    """Integer weights of values at `points`, and their denominator, in the polynomial through them at `wanted`."""
    weights = [
        prod((Fraction(wanted - other, point - other) for other in points if other != point), start=Fraction(1))
        for point in points
    ]
    denominator = lcm(*(weight.denominator for weight in weights))
    return [int(weight * denominator) for weight in weights], denominator
