"""Peak memory of inference: weights plus the activations alive at the fullest moment of the schedule."""

from __future__ import annotations

from ...hardware_profiles import Precision
from ..costs import Sizes
from ..graph import Graph


def weight_bytes(graph: Graph, precision: Precision) -> float:
    """Bytes of parameters and buffers; a storage shared by several counts once."""
    return sum(_storage_bytes(graph, precision, weights=True).values())


def peak_memory(graph: Graph, precision: Precision) -> float:
    """Bytes of weights and of the largest set of activation storages alive at once, in execution order.

    A storage lives from its first writer to its last reader; inputs live throughout, as their caller holds them. Autocast
    keeps the casts of parameters until the run ends.
    """
    sizes = _storage_bytes(graph, precision, weights=False)
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for operator in graph.operators:
        for tensor in (*operator.inputs, *operator.outputs):
            storage = graph.tensors[tensor].storage
            first.setdefault(storage, operator.id)
            last[storage] = operator.id
    for tensor in (*graph.input_tensors, *graph.output_tensors, *_cast_parameters(graph)):
        last[graph.tensors[tensor].storage] = len(graph.operators)
    for tensor in graph.input_tensors:
        first[graph.tensors[tensor].storage] = 0
    change = [0.0] * (len(graph.operators) + 2)
    for storage, size in sizes.items():
        if storage in first:
            change[first[storage]] += size
            change[last[storage] + 1] -= size
    alive = peak = 0.0
    for step in change:
        alive += step
        peak = max(peak, alive)
    return weight_bytes(graph, precision) + peak


def _cast_parameters(graph: Graph) -> list[int]:
    return [t for t in graph.producers if graph.tensors[t].role == "parameter"]


def _storage_bytes(graph: Graph, precision: Precision, *, weights: bool) -> dict[int, float]:
    """Bytes at the precision of each storage that holds weights, or of each that does not."""
    held = {tensor.storage for tensor in graph.tensors if tensor.is_weight and tensor.id not in graph.producers}
    sizes = Sizes(graph, precision)
    found: dict[int, float] = {}
    for tensor in graph.tensors:
        if (tensor.storage in held) == weights:
            scaled = graph.storage_bytes[tensor.storage] * sizes.scale(tensor)
            found[tensor.storage] = max(found.get(tensor.storage, 0.0), scaled)
    return found
