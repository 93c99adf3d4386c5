"""Memory over a run: weights, and the activations alive at each step of the schedule, for inference and for training.

In eager mode a step is an operator, and a storage lives until Python lets go of it. In a compiled program a step is a kernel;
what never leaves a kernel takes no memory, and a storage lives from its first writer to its last reader. Sizes are linear in
the width of a float, so one schedule serves every precision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ...hardware_profiles import Precision
from ..constants import constant
from ..fusion import Partition
from ..graph import Graph, bytes_of
from ..mapping.kernels import Column

_FLOAT = "float32"
# Storage → the first and the last step at which it is alive.
_Lives = dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Bytes:
    """A size that depends on the width of a float: `fixed` + width · `floats`."""

    fixed: float = 0.0
    floats: float = 0.0

    def at(self, width: float) -> float:
        """Bytes where a float takes `width` bytes."""
        return self.fixed + width * self.floats

    def __add__(self, other: Bytes) -> Bytes:
        return Bytes(self.fixed + other.fixed, self.floats + other.floats)


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes of one training step. `optimizer` is two moments a parameter in FP32 (Adam), and in lower precision a master copy."""

    weights: float
    gradients: float
    optimizer: float
    activations: float

    @property
    def total(self) -> float:
        """Bytes in all."""
        return self.weights + self.gradients + self.optimizer + self.activations


@dataclass(frozen=True)
class MemorySchedule:
    """Sizes of a graph: its weights, and after each step what is alive of the activations."""

    weights: Bytes
    parameters: int
    kept: Bytes
    cache: Bytes
    alive_fixed: Column
    alive_floats: Column

    @classmethod
    def of(cls, cut: Partition) -> MemorySchedule:
        """Walks the steps of a graph cut into kernels. Inputs live throughout, as their caller holds them."""
        graph = cut.flow.graph
        weights = {tensor.storage for tensor in graph.tensors if tensor.is_weight and tensor.id not in graph.producers}
        sizes = _storages(graph)
        lives = _held_by_python(graph) if cut.policy.dispatch == "operator" else _needed_by_kernels(cut)
        steps = max((last for _, last in lives.values()), default=0) + 2
        fixed, floats = [0.0] * steps, [0.0] * steps
        for storage, (first, last) in lives.items():
            if storage not in weights:
                size = sizes[storage]
                for step, sign in ((first, 1.0), (last + 1, -1.0)):
                    fixed[step] += sign * size.fixed
                    floats[step] += sign * size.floats
        return cls(
            weights=_sum(size for storage, size in sizes.items() if storage in weights),
            parameters=graph.parameters,
            kept=_sum(size for storage, size in sizes.items() if storage not in weights),
            cache=_attention_cache(graph),
            alive_fixed=np.cumsum(fixed),
            alive_floats=np.cumsum(floats),
        )

    def peak(self, precision: Precision) -> float:
        """Bytes of weights and of the largest set of activations alive at once in inference."""
        return self.weights.at(precision.bytes) + self.peak_activations(precision)

    def peak_activations(self, precision: Precision) -> float:
        """Bytes of the largest set of activations alive at once in inference."""
        return float(np.max(self.alive_fixed + precision.bytes * self.alive_floats))

    def training(self, precision: Precision) -> TrainingMemory:
        """What a training step holds when its backward pass begins: every result of the forward pass is kept for it."""
        full = Precision.FP32.bytes
        states = constant("training", "moments") * full + (full if precision.bytes < full else 0.0)
        return TrainingMemory(
            self.weights.at(precision.bytes), self.parameters * precision.bytes,
            self.parameters * states, self.kept.at(precision.bytes),
        )  # fmt: skip

    def largest_batch(self, capacity: float, precision: Precision, batch: int) -> int:
        """The largest batch whose inference fits into `capacity` bytes, activations growing in proportion from `batch`."""
        free = capacity - self.weights.at(precision.bytes)
        each = self.peak_activations(precision) / max(1, batch)
        return max(0, int(free // each)) if each else 0


def _storages(graph: Graph) -> Mapping[int, Bytes]:
    """The size of each storage; where tensors of two types share one, floats count."""
    floating = {tensor.storage for tensor in graph.tensors if tensor.dtype == _FLOAT}
    sizes = {tensor.storage: float(graph.storage_bytes[tensor.storage]) for tensor in graph.tensors}
    width = bytes_of(_FLOAT)
    return {s: Bytes(0.0, size / width) if s in floating else Bytes(size) for s, size in sizes.items()}


def _held_by_python(graph: Graph) -> _Lives:
    """By operator: as long as Python holds a storage, never less than to its last reader. Autocast keeps casts of parameters."""
    touched = ((o.id, graph.tensors[t].storage) for o in graph.operators for t in (*o.inputs, *o.outputs))
    lives = _between(touched)
    for storage, (first, last) in lives.items():
        lives[storage] = first, max(last, graph.held.get(storage, 0) - 1)
    casts = [tensor for tensor in graph.producers if graph.tensors[tensor].role == "parameter"]
    return _with_callers(graph, lives, len(graph.operators), casts)


def _needed_by_kernels(cut: Partition) -> _Lives:
    """By kernel: from the first that writes a storage to the last that reads it."""
    graph, steps = cut.flow.graph, {kernel: step for step, kernel in enumerate(cut.order)}
    lives = _between((steps[kernel], graph.tensors[tensor].storage) for kernel, tensor in cut.accesses())
    return _with_callers(graph, lives, len(steps))


def _between(touched: Iterable[tuple[int, int]]) -> _Lives:
    """From the first to the last step that touches a storage, given each step and storage."""
    lives: _Lives = {}
    for step, storage in touched:
        first, last = lives.get(storage, (step, step))
        lives[storage] = min(first, step), max(last, step)
    return lives


def _with_callers(graph: Graph, lives: _Lives, end: int, kept: Iterable[int] = ()) -> _Lives:
    """The caller holds inputs throughout, and results, as other tensors that are kept, until the end."""
    for tensor in (*graph.output_tensors, *kept):
        storage = graph.tensors[tensor].storage
        if storage in lives:
            lives[storage] = lives[storage][0], end
    return lives | {graph.tensors[tensor].storage: (0, end) for tensor in graph.input_tensors}


def _attention_cache(graph: Graph) -> Bytes:
    """Keys and values of causal attention: what a decoder keeps to generate the next token."""
    found: list[Bytes] = []
    for operator in graph.operators:
        if operator.kind == "scaled_dot_product_attention" and operator.attribute("is_causal"):
            for name in ("key", "value"):
                tensor = operator.input(name)
                if tensor is not None:
                    found.append(_of_tensor(graph, tensor))
    return _sum(found)


def _of_tensor(graph: Graph, tensor: int) -> Bytes:
    shown = graph.tensors[tensor]
    count = float(shown.distinct_elements)
    return Bytes(0.0, count) if shown.dtype == _FLOAT else Bytes(count * bytes_of(shown.dtype))


def _sum(sizes: Iterable[Bytes]) -> Bytes:
    return sum(sizes, Bytes())
