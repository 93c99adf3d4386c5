"""How an operator walks its tensors, as far as that slows a streaming kernel down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from ..costs import NORMS_OF_ROWS, Family, row_length
from ..graph import Graph, Operator, Tensor

_SOFTMAX = frozenset({"softmax", "log_softmax", "safe_softmax"})
_LOOKED_UP = frozenset({"cat", "stack", "im2col"})  # whose kernels look up where each element comes from
_NORMS = frozenset({"batch_norm", "group_norm", "instance_norm", *NORMS_OF_ROWS})
_CONTIGUOUS_IMAGES = frozenset({"group_norm", "reflection_pad2d"})  # whose CUDA kernels take and make no others
_ANY_ORDER = frozenset({"batch_norm", "instance_norm"})  # whose kernels take channels-last images as they are
_MOST_ELEMENTS = 2**31 - 1
_TILE = 32  # sides of the tiles in which kernels transpose, through shared memory
LOADED_AT_ONCE = 4  # elements, by a thread of PyTorch's kernels for rows
_WALKS: tuple[Family, ...] = ("pointwise", "movement")


class Access(NamedTuple):
    """`irregular`: not the same dimension of all tensors lies side by side, so that one of them is not read in a row. `row`:
    elements of a row that one block of threads normalizes, `softmax_row` that softmax needs as a whole; `twice`: a norm's
    statistics and its results are two kernels, which both read the operand; `copies`: of its operand, which is first made
    contiguous, and of its result, which convolutions bring back into the order of channels-last images; `image`: it is an
    image, in either order, of a CUDA kernel that takes and makes contiguous ones only. `tiled`: of a convolution on contiguous
    images, elements of the square tiles that hold their channels and places, where kernels for channels-last images first
    transpose them, relative to their own; 0 where they lie so. `wide`: 32 bits do not count the elements of its images or
    results."""

    irregular: bool = False
    row: int = 0
    softmax_row: int = 0
    twice: bool = False
    copies: int = 0
    image: bool = False
    tiled: float = 0.0
    wide: bool = False


REGULAR = Access()


class Lost(NamedTuple):
    """`images` that are channels-last in a capture and contiguous on a GPU; `returned`: how many convolutions bring back what an
    operator lost."""

    images: frozenset[int] = frozenset()
    returned: Mapping[int, int] = MappingProxyType({})


_NOTHING = Lost()


def access_of(operator: Operator, family: Family, graph: Graph, lost: Lost = _NOTHING) -> Access:
    """The access of one operator as an eager kernel; `lost`: images that are contiguous after all (`lost_order`)."""
    in_order = not lost.images.isdisjoint(operator.inputs[:1])
    if family in _WALKS:
        irregular = operator.kind in _LOOKED_UP or _transposed(operator, graph, lost.images)
        image = _is_image(operator, graph)
        copied = image and channels_last(graph.tensors[operator.inputs[0]]) and not in_order
        return Access(irregular, copies=_copies(operator, copied, lost), image=image)
    if family == "convolution":
        return Access(tiled=_tiled(operator, graph, lost.images), wide=_wide(operator, graph))
    if family != "normalization" or not operator.inputs:
        return REGULAR
    source = graph.tensors[operator.inputs[0]]
    copied = not (_contiguous(source) or in_order or (operator.kind in _ANY_ORDER and channels_last(source)))
    copies = _copies(operator, copied, lost)
    if operator.kind in _SOFTMAX:
        return Access(softmax_row=row_length(operator, graph), copies=copies)
    if operator.kind not in _NORMS:
        return Access(copies=copies)
    row = row_length(operator, graph)
    twice = runs_twice(operator.kind, row)
    return Access(row=row, twice=twice, copies=copies, image=_is_image(operator, graph))


def runs_twice(norm: str, row: int) -> bool:
    """Whether a norm runs in two kernels; one kernel takes rows that are loaded as a whole only (layer_norm_kernel.cu)."""
    return norm not in NORMS_OF_ROWS or row % LOADED_AT_ONCE > 0


def _copies(operator: Operator, copied: bool, lost: Lost) -> int:
    """`Access.copies` of an operator, whose operand is copied or not."""
    return 1 + lost.returned.get(operator.id, 0) if copied else 0


def lost_order(graph: Graph) -> Lost:
    """What group norms make of channels-last images on a GPU, contiguous ones: the operators after them keep the order of their
    first operand of full size, up to a convolution whose weights are channels-last."""
    makers: dict[int, int] = {}  # the operator that lost an image's order
    returned: Counter[int] = Counter()
    if not any(operator.kind in _CONTIGUOUS_IMAGES for operator in graph.operators):
        return _NOTHING
    last = frozenset(tensor.id for tensor in graph.tensors if channels_last(tensor))
    for operator in graph.operators:
        maker = makers.get(_leading(operator, graph)) if operator.inputs else None
        if operator.kind in _CONTIGUOUS_IMAGES:
            makers |= dict.fromkeys(operator.outputs, operator.id if maker is None else maker)
        elif maker is not None and _brings_back(operator, graph):
            returned[maker] += 1
        elif maker is not None:
            makers |= {tensor: maker for tensor in operator.outputs if tensor in last}
    return Lost(last & makers.keys(), returned)


def _leading(operator: Operator, graph: Graph) -> int:
    """The operand whose order the result has, as `TensorIterator` chooses it."""
    shapes = [graph.tensors[tensor].shape for tensor in (*operator.outputs[:1], *operator.inputs)]
    return operator.inputs[shapes.index(shapes[0], 1) - 1 if shapes[0] in shapes[1:] else 0]


def _brings_back(operator: Operator, graph: Graph) -> bool:
    """Whether it is a convolution whose weights have cuDNN take channels-last images (`suggest_memory_format` of PyTorch)."""
    if operator.kind != "conv2d" or len(operator.inputs) < 2:
        return False
    weight = graph.tensors[operator.inputs[1]]
    least = 0
    for dimension in (1, 3, 2, 0):
        stride = weight.strides[dimension]
        if stride < least or (dimension == 0 and least == weight.strides[1]):
            return False
        least = stride * weight.shape[dimension]
    return True


def channels_last(tensor: Tensor) -> bool:
    """Whether the channels of an image lie side by side; not where it has a single place."""
    order = _order(tensor.shape, tensor.strides)
    return len(tensor.shape) > 3 and len(order) > 1 and order[-1] == 1 and order[-2] > 1


def _transposed(operator: Operator, graph: Graph, lost: frozenset[int]) -> bool:
    """Whether other dimensions lie side by side in some full-sized tensors of an operator than in others of their shape: views
    of its result have shapes of their own."""
    largest = graph.domains[operator.id]
    inner: dict[tuple[int, ...], set[int]] = {}
    for tensor in (graph.tensors[t] for t in (*operator.inputs, *operator.outputs) if graph.elements[t] == largest):
        order = _order(tensor.shape, tensor.strides)
        if order and not tensor.is_weight:
            inner.setdefault(tensor.shape, set()).add(max(order) if tensor.id in lost else order[-1])
    return any(len(each) > 1 for each in inner.values())


def _is_image(operator: Operator, graph: Graph) -> bool:
    """`Access.image` of an operator."""
    if operator.kind not in _CONTIGUOUS_IMAGES:
        return False
    source = graph.tensors[operator.inputs[0]]
    return len(source.shape) == 4 and (_contiguous(source) or channels_last(source))


def _tiled(operator: Operator, graph: Graph, lost: frozenset[int]) -> float:
    """`Access.tiled` of a convolution: its images and results, each plane of which is cut into tiles apart. A single place or
    channel lies in both orders at once."""
    images = [t for t in (graph.tensors[operator.outputs[0]], graph.tensors[operator.inputs[0]]) if len(t.shape) > 2]
    ordered = [image for image in images if image.shape[1] > 1 and prod(image.shape[2:]) > 1]
    if ordered and channels_last(ordered[0]) and lost.isdisjoint(operator.outputs):
        return 0.0
    elements = sum(prod(image.shape) for image in images)
    padding = sum(
        image.shape[0] * (_padded(image.shape[1]) * _padded(prod(image.shape[2:])) - prod(image.shape[1:]))
        for image in ordered
    )
    return 1.0 + padding / elements if elements else 1.0


def _wide(operator: Operator, graph: Graph) -> bool:
    return max(graph.elements[operator.inputs[0]], graph.elements[operator.outputs[0]]) > _MOST_ELEMENTS


def _padded(n: int) -> int:
    return -(-n // _TILE) * _TILE


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
