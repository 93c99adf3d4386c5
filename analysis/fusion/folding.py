"""Batch norms that disappear: in inference their scale and shift can be multiplied into the weights before them, once."""

from __future__ import annotations

from dataclasses import replace

from ..costs import takes_statistics
from ..graph import Graph, Operator

_INTO = ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "linear")


def with_folded_norms(graph: Graph) -> Graph:
    """`graph` with each batch norm that alone reads a convolution or linear layer folded into that layer's weights.

    A folded norm stays in the graph, at its line, as a view of the layer's result that costs nothing. Its shift is the layer's
    bias.
    """
    operators, storages = list(graph.operators), dict[int, int]()
    for norm in graph.operators:
        layer = layer_before(norm, graph)
        if layer is None:
            continue
        read, result = norm.inputs[0], norm.outputs[0]
        storages[graph.tensors[result].storage] = graph.tensors[read].storage
        operators[layer.id] = _with_bias(layer, norm)
        operators[norm.id] = replace(norm, inputs=(read,), input_names=("input",), outputs=(result,), view=True)
    if not storages:
        return graph
    tensors = (replace(t, storage=storages[t.storage]) if t.storage in storages else t for t in graph.tensors)
    held = {**graph.held, **{layer: graph.held.get(norm, 0) for norm, layer in storages.items()}}
    return replace(graph, operators=tuple(operators), tensors=tuple(tensors), held=held)


def layer_before(norm: Operator, graph: Graph) -> Operator | None:
    """The convolution or linear layer that a norm folds into: nobody else reads it, and the norm's statistics are fixed."""
    if norm.kind != "batch_norm" or takes_statistics(norm) or not norm.inputs:
        return None
    read = norm.inputs[0]
    producer = graph.producers.get(read)
    if producer is None or len(graph.consumers[read]) > 1 or read in graph.output_tensors:
        return None
    layer = graph.operators[producer]
    return layer if layer.kind in _INTO else None


def _with_bias(layer: Operator, norm: Operator) -> Operator:
    shift = norm.input("bias")
    if shift is None or "bias" in layer.input_names or (layer.kind == "linear" and "self" in layer.input_names):
        return layer
    return replace(layer, inputs=(*layer.inputs, shift), input_names=(*layer.input_names, "bias"))
