"""Memory over a run: weights, and the activations alive at each step (`lives.py`), for inference and for training.

Sizes are linear in the width of a float, so one schedule serves every precision.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...hardware_profiles import Precision
from ..constants import constant
from ..fusion import Partition
from ..graph import Graph, bytes_of
from ..mapping.kernels import Column, Mask
from .backward import saved_tensors
from .lives import Lives, storages

_FLOAT = "float32"
_WEIGHTS = ("parameter", "buffer")


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
    """Sizes of a graph: its weights, every result of a run and its inputs, and after each step what is alive of these."""

    graph: Graph
    weights: Bytes
    parameters: int
    results: Bytes
    cache: Bytes
    alive_fixed: Column
    alive_floats: Column

    @classmethod
    def of(cls, cut: Partition) -> MemorySchedule:
        """Walks the steps of a graph cut into kernels. Inputs live throughout, as their caller holds them."""
        graph = cut.flow.graph
        sizes, lives = _Sizes.of(graph), Lives.of(cut)
        here = lives.known & ~sizes.weights
        return cls(
            graph=graph,
            weights=sizes.sum(sizes.weights),
            parameters=graph.parameters,
            results=sizes.sum(~sizes.weights),
            cache=_attention_cache(graph),
            alive_fixed=lives.alive(here, sizes.fixed),
            alive_floats=lives.alive(here, sizes.floats),
        )

    @cached_property
    def kept(self) -> Bytes:
        """What is held when a backward pass begins. A dropout is the identity here: its mask is left out."""
        graph, sizes = self.graph, _Sizes.of(self.graph)
        saved, copied = saved_tensors(graph)
        held = np.zeros(len(sizes.weights), dtype=bool)
        held[[graph.tensors[tensor].storage for tensor in saved | {*graph.input_tensors, *graph.output_tensors}]] = True
        return sizes.sum(held & ~sizes.weights) + _sum(_of_tensor(graph, tensor) for tensor in copied)

    def peak(self, precision: Precision) -> float:
        """Bytes of weights and of the largest set of activations alive at once in inference."""
        return self.weights.at(precision.bytes) + self.peak_activations(precision)

    def peak_activations(self, precision: Precision) -> float:
        """Bytes of the largest set of activations alive at once in inference."""
        return float(np.max(self.alive_fixed + precision.bytes * self.alive_floats))

    def training(self, precision: Precision) -> TrainingMemory:
        """What a training step holds when its backward pass begins: what autograd keeps, the inputs and the outputs."""
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


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Of each storage its size, as fixed bytes and as floats, and whether it belongs to the model rather than to this run."""

    fixed: Column
    floats: Column
    weights: Mask

    @classmethod
    def of(cls, graph: Graph) -> _Sizes:
        """Where tensors of two types share a storage, floats count."""
        size, floating, present, weights = np.zeros((4, storages(graph)))
        size[list(graph.storage_bytes)] = list(graph.storage_bytes.values())
        storage = np.array([tensor.storage for tensor in graph.tensors], dtype=np.int64)
        present[storage] = 1
        floating[storage[[tensor.dtype == _FLOAT for tensor in graph.tensors]]] = 1
        given = [tensor.role in _WEIGHTS and tensor.id not in graph.producers for tensor in graph.tensors]
        weights[storage[given]] = 1
        size *= present
        return cls(size * (1 - floating), size * floating / bytes_of(_FLOAT), weights > 0)

    def sum(self, chosen: Mask) -> Bytes:
        """The sizes of some storages."""
        return Bytes(float(self.fixed @ chosen), float(self.floats @ chosen))


def activation_sizes(graph: Graph, width: float) -> Column:
    """Bytes of each storage of a run where a float takes `width` bytes; 0 for weights."""
    sizes = _Sizes.of(graph)
    return np.where(sizes.weights, 0.0, sizes.fixed + width * sizes.floats)


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
