"""What a pool's loop looks like to a compiler that generates it: a small window is read element by element."""

from __future__ import annotations

from math import prod
from typing import Literal

from ..costs import Cost, Family
from ..graph import Graph, Operator

Loop = Family | Literal["window"]
_TAPS = {"upsample_nearest1d": 1, "upsample_nearest2d": 1, "upsample_nearest3d": 1, "upsample_bilinear2d": 4}


def loop_of(operator: Operator, cost: Cost, graph: Graph, most: int | None) -> Loop:
    """The family that an operator fuses like. A pool over at most `most` elements is a `window`, where that is not None.

    A window of one element is pointwise; one over all that a channel has is a reduction; a larger one is a pool.
    """
    if cost.family != "pool" or most is None or not operator.inputs:
        return cost.family
    window = _TAPS.get(operator.kind) or _window(operator, graph)
    if window is None:
        return "pool"
    read, made = (graph.tensors[tensor].elements for tensor in (operator.inputs[0], operator.outputs[0]))
    if window * made == read and window == _map(operator, graph):
        return "reduction"
    return "pool" if window > most else "window" if window > 1 else "pointwise"


def _map(operator: Operator, graph: Graph) -> int:
    """Elements of a channel."""
    return prod(graph.tensors[operator.inputs[0]].shape[-_dimensions(operator) :])


def _dimensions(operator: Operator) -> int:
    return int(operator.kind[-2])


def _window(operator: Operator, graph: Graph) -> int | None:
    """Elements that a pool reads for one of its own: adaptive windows differ, the largest counts. None: not known."""
    kind = operator.kind
    if not kind.endswith(("pool1d", "pool2d", "pool3d")):
        return None
    dimensions = _dimensions(operator)
    if not kind.startswith("adaptive"):
        kernel = operator.integers("kernel_size")
        return prod(kernel * dimensions if len(kernel) == 1 else kernel)
    # Three-dimensional averages of changing windows are extern kernels.
    if kind == "adaptive_avg_pool3d":
        return None
    read, made = (graph.tensors[tensor].shape[-dimensions:] for tensor in (operator.inputs[0], operator.outputs[0]))
    pairs = list(zip(read, made, strict=True))
    if all(inner % outer == 0 for inner, outer in pairs):
        return prod(inner // outer for inner, outer in pairs)
    return prod(-(-(inner + outer - 1) // outer) for inner, outer in pairs)
