"""How much of an operator may run at once: its independent results by axis, and how many terms go into each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..graph import Graph, Operator
from .registry import HEAVY, Cost

# Normalize rows of their last dimensions.
NORMS_OF_ROWS = ("layer_norm", "rms_norm")
_NORMS_OF_CHANNELS = ("batch_norm", "group_norm", "instance_norm")


@dataclass(frozen=True, slots=True)
class Parallelism:
    """Sizes of the axes: `batch` · `channel` · `spatial` results are independent, and each combines `reduction` terms.

    `spatial` is what is left of an image, a volume or a sequence. The time steps of a recurrent layer wait for each other
    and are in no axis. A view has one of each.
    """

    batch: int = 1
    channel: int = 1
    spatial: int = 1
    reduction: int = 1

    @property
    def threads(self) -> int:
        """Independent results: the most threads that have work of their own without splitting a sum."""
        return self.batch * self.channel * self.spatial


def parallelism_of(operator: Operator, cost: Cost, graph: Graph) -> Parallelism:
    """The axes of an operator's first result."""
    if cost.family == "view" or not operator.outputs:
        return Parallelism()
    result = graph.tensors[operator.outputs[0]]
    steps = _steps(operator, cost, result.shape)
    batch, channel = _batch_and_channel(operator, cost, result.shape)
    spatial = result.elements // max(1, batch * channel * steps)
    return Parallelism(batch, channel, max(1, spatial), _reduction(operator, cost, graph, result.elements))


def takes_statistics(operator: Operator) -> bool:
    """Whether a batch norm computes mean and variance of what it is given, as in training, or has them stored."""
    return operator.kind == "batch_norm" and operator.attribute("training") is True


def row_length(operator: Operator, graph: Graph) -> int:
    """Elements that share one mean or one maximum, of a normalization or a softmax."""
    (first, *_) = operator.inputs
    shape, elements = graph.tensors[first].shape, graph.tensors[first].elements
    if operator.kind in NORMS_OF_ROWS:
        rows = 1
        for size in shape[: len(shape) - max(1, len(operator.integers("normalized_shape")))]:
            rows *= size
        return elements // max(rows, 1)
    if operator.kind == "group_norm":
        groups = operator.integers("num_groups") or operator.integers("groups") or (1,)
        return elements // max(shape[0] * groups[0], 1)
    if operator.kind == "instance_norm":
        return elements // max(shape[0] * shape[1], 1)
    if operator.kind == "batch_norm":
        return elements // max(shape[1], 1)
    dims = operator.integers("dim")
    return shape[dims[0]] if dims and shape else shape[-1] if shape else 1


def _batch_and_channel(operator: Operator, cost: Cost, shape: Sequence[int]) -> tuple[int, int]:
    """PyTorch's layouts: channels second in images, last in sequences and in what a linear layer makes."""
    rank = len(shape)
    if rank < 2:
        return 1, shape[0] if rank else 1
    if cost.family == "convolution":
        batched = rank == int(operator.kind[-2]) + 2
        return (shape[0], shape[1]) if batched else (1, shape[0])
    if cost.family == "attention":
        heads = shape[1] if rank == 4 else 1
        return shape[0], heads * shape[-1]
    if cost.family == "recurrent":
        return (shape[0] if operator.attribute("batch_first") else shape[1], shape[-1]) if rank == 3 else (1, shape[-1])
    last = cost.family == "matmul" or operator.kind in NORMS_OF_ROWS
    second = cost.family == "pool" or operator.kind in _NORMS_OF_CHANNELS or rank > 3
    return shape[0], shape[1] if second and not last else shape[-1]


def _steps(operator: Operator, cost: Cost, shape: Sequence[int]) -> int:
    """Time steps that run one after the other."""
    if cost.family != "recurrent" or not shape:
        return 1
    return shape[1] if len(shape) == 3 and operator.attribute("batch_first") else shape[0]


def _reduction(operator: Operator, cost: Cost, graph: Graph, results: int) -> int:
    results = max(1, results)
    if cost.family in HEAVY:
        return max(1, cost.macs // results)
    if cost.family == "normalization":
        return max(1, row_length(operator, graph))
    if cost.family == "pool":
        return max(1, cost.elementwise // results)
    if cost.family == "reduction" and operator.inputs:
        return max(1, graph.tensors[operator.inputs[0]].elements // results)
    return 1
