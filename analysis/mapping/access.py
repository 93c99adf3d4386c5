"""How an operator walks its tensors, as far as that slows a streaming kernel down."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..costs import NORMS_OF_ROWS, Family, row_length
from ..graph import Graph, Operator, Tensor

_SOFTMAX = frozenset({"softmax", "log_softmax", "safe_softmax"})
_CONCATENATIONS = frozenset({"cat", "stack"})  # CatArrayBatchedCopy looks up where each element comes from
_NORMS = frozenset({"batch_norm", "group_norm", "instance_norm", *NORMS_OF_ROWS})
_ANY_ORDER = frozenset({"batch_norm", "instance_norm"})  # whose kernels take channels-last images as they are
LOADED_AT_ONCE = 4  # elements, by a thread of PyTorch's kernels for rows
_WALKS: tuple[Family, ...] = ("pointwise", "movement")


class Access(NamedTuple):
    """`irregular`: the tensors are walked in different orders, so that one of them is not read in a row. `row`: elements of
    a row that one block of threads normalizes, `softmax_row` that softmax needs as a whole; `twice`: a norm's statistics and its
    results are two kernels, which both read the operand; `recopied`: its operand is first made contiguous. `channels_last`: a
    convolution makes its result in that order."""

    irregular: bool = False
    row: int = 0
    softmax_row: int = 0
    twice: bool = False
    recopied: bool = False
    channels_last: bool = False


REGULAR = Access()


def access_of(operator: Operator, family: Family, graph: Graph) -> Access:
    """The access of one operator as an eager kernel."""
    if family in _WALKS:
        return Access(irregular=operator.kind in _CONCATENATIONS or _mixed_orders(operator, graph))
    if family == "convolution":
        return Access(channels_last=channels_last(graph.tensors[operator.outputs[0]]))
    if family != "normalization" or not operator.inputs:
        return REGULAR
    source = graph.tensors[operator.inputs[0]]
    recopied = not _contiguous(source) and not (operator.kind in _ANY_ORDER and channels_last(source))
    if operator.kind in _SOFTMAX:
        return Access(softmax_row=row_length(operator, graph), recopied=recopied)
    if operator.kind not in _NORMS:
        return Access(recopied=recopied)
    row = row_length(operator, graph)
    return Access(row=row, twice=runs_twice(operator.kind, row), recopied=recopied)


def runs_twice(norm: str, row: int) -> bool:
    """Whether a norm runs in two kernels; one kernel takes rows that are loaded as a whole only (layer_norm_kernel.cu)."""
    return norm not in NORMS_OF_ROWS or row % LOADED_AT_ONCE > 0


def channels_last(tensor: Tensor) -> bool:
    """Whether the channels of an image lie side by side; not where it has a single place."""
    order = _order(tensor.shape, tensor.strides)
    return len(tensor.shape) > 3 and len(order) > 1 and order[-1] == 1 and order[-2] > 1


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
