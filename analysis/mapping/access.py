"""How an operator walks its tensors, as far as that slows a streaming kernel down."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from ..costs import Family
from ..graph import Graph, Operator, Tensor

_SOFTMAX = frozenset({"softmax", "log_softmax", "safe_softmax"})
_CONCATENATIONS = frozenset({"cat", "stack"})  # CatArrayBatchedCopy looks up where each element comes from
_WALKS: tuple[Family, ...] = ("pointwise", "movement")


class Access(NamedTuple):
    """`irregular`: the tensors are walked in different orders, so that one of them is not read in a row. `row`: elements of
    a row that a norm needs as a whole, `softmax_row` that softmax does; `recopied`: its operand is first made contiguous."""

    irregular: bool = False
    row: int = 0
    softmax_row: int = 0
    recopied: bool = False


REGULAR = Access()


def access_of(operator: Operator, family: Family, graph: Graph) -> Access:
    """The access of one operator as an eager kernel."""
    if family in _WALKS:
        return Access(irregular=operator.kind in _CONCATENATIONS or _mixed_orders(operator, graph))
    if family != "normalization" or not operator.inputs:
        return REGULAR
    source = graph.tensors[operator.inputs[0]]
    recopied = not _contiguous(source)
    if operator.kind in _SOFTMAX:
        return Access(softmax_row=_extent(source, operator.integers("dim")), recopied=recopied)
    return Access(row=max(1, source.elements // max(1, source.shape[0] if source.shape else 1)), recopied=recopied)


def _extent(tensor: Tensor, dimensions: Sequence[int]) -> int:
    return tensor.shape[dimensions[0] if dimensions else -1] if tensor.shape else 1


def _mixed_orders(operator: Operator, graph: Graph) -> bool:
    """Whether the full-sized tensors of an operator lie in memory in different orders of dimensions."""
    largest = graph.domains[operator.id]
    tensors = (graph.tensors[t] for t in (*operator.inputs, *operator.outputs) if graph.elements[t] == largest)
    return len({_order(tensor.shape, tensor.strides) for tensor in tensors if not tensor.is_weight}) > 1


@lru_cache(4096)
def _order(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...]:
    """The dimensions longer than 1, from the largest stride to the smallest."""
    long = [(-stride, index) for index, (n, stride) in enumerate(zip(shape, strides, strict=True)) if n > 1]
    return tuple(index for _, index in sorted(long))


def _contiguous(tensor: Tensor) -> bool:
    expected = 1
    for n, stride in zip(reversed(tensor.shape), reversed(tensor.strides), strict=True):
        if n > 1 and stride != expected:
            return False
        expected *= n
    return True
