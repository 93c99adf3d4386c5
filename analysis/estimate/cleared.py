"""Bytes in pages that the system clears for each kernel of an eager run on a CPU, once runs repeat themselves.

The blocks and their order are those of PyTorch 2.15's allocations (its profiler shows them): oneDNN brings the image, the
weights and the result of a convolution into blocks of channels and frees the first two before it brings the result back;
max pooling keeps the places of its maxima. A different heap, as of macOS or jemalloc, is not modelled.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ...hardware_profiles import Precision
from ..fusion import Partition
from ..graph import Graph, Operator
from ..mapping.access import channels_last
from ..mapping.kernels import Column
from .heap import Heap
from .lives import Lives
from .memory import activation_sizes

_RUNS = 3  # until a run is like the one before: the first one raises the thresholds, the second leaves its holes
_FEW_CHANNELS = 4  # images with fewer are not brought into blocks
_LEAST = 1024  # bytes; smaller blocks come from lists of their own
_PLACES = 8  # bytes: the index of a maximum
_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
_MAX_POOLS = ("max_pool1d", "max_pool2d", "max_pool3d")


Blocks = tuple[tuple[Hashable, float], ...]


class Step(NamedTuple):
    """An operator's kernel and its blocks, by key and bytes, in the order in which it takes them: those that it frees before
    its results come, those that it keeps until they are there, its results, what it needs beside them; and what nobody holds
    from then on."""

    kernel: int
    before: Blocks = ()
    until: Blocks = ()
    results: Blocks = ()
    beside: Blocks = ()
    ends: tuple[Hashable, ...] = ()


def cleared_bytes(cut: Partition, storage: Precision) -> Column:
    """By kernel, of a graph cut as it runs in eager mode."""
    heap, found = Heap(), np.zeros(len(cut.members))
    steps = list(_steps(cut, storage.bytes))
    for _ in range(_RUNS):
        found[:] = 0.0
        for step in steps:
            found[step.kernel] += _run(heap, step)
    return found


def _run(heap: Heap, step: Step) -> float:
    fresh = sum(heap.allocate(*block) for block in (*step.before, *step.until))
    for key, _ in step.before:
        heap.free(key)
    fresh += sum(heap.allocate(*block) for block in (*step.results, *step.beside))
    for key in (*(key for key, _ in (*step.until, *step.beside)), *step.ends):
        heap.free(key)
    return fresh


def _steps(cut: Partition, width: float) -> Iterator[Step]:
    """The steps of a run; what is returned is freed at its end."""
    graph, lives = cut.flow.graph, Lives.of(cut)
    size = activation_sizes(graph, width)
    kernel = {operator: number for number, parts in enumerate(cut.members) for part in parts for operator in part}
    chosen = np.flatnonzero(lives.known & (size >= _LEAST))
    comes: dict[int, list[int]] = {}
    goes: dict[int, list[int]] = {}
    given = {graph.tensors[tensor].storage for tensor in graph.input_tensors}
    for number in chosen.tolist():
        if number not in given:
            comes.setdefault(int(lives.first[number]), []).append(number)
            goes.setdefault(min(int(lives.last[number]), lives.steps - 1), []).append(number)
    for operator in graph.operators:
        results = tuple((number, float(size[number])) for number in comes.get(operator.id, ()))
        working = _working(graph, operator, width)
        yield Step(kernel[operator.id], results=results, ends=tuple(goes.get(operator.id, ())), **working)


def _working(graph: Graph, operator: Operator, width: float) -> dict[str, Any]:
    """Blocks that an operator takes for itself, by their place in `Step`."""

    def elements(tensor: int) -> float:
        return float(np.prod(graph.tensors[tensor].shape))

    if operator.kind in _MAX_POOLS:
        return {"beside": (("places", _PLACES * elements(operator.outputs[0])),)}
    if operator.kind not in _CONVOLUTIONS:
        return {}
    image, weights, result = operator.inputs[0], operator.inputs[1], operator.outputs[0]
    before = [("weights", width * elements(weights))]
    if channels_last(graph.tensors[result]):
        return {"before": tuple(before)}
    if graph.tensors[image].shape[1] >= _FEW_CHANNELS:
        before.insert(0, ("image", width * elements(image)))
    return {"before": tuple(before), "until": (("result", width * elements(result)),)}
