"""Whole changes: loops as one batch, concatenations in place, convolutions without groups, broadcasts that nobody writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from math import prod

from ..graph import Graph, Operator, Tensor


def batched(graph: Graph, groups: Sequence[Sequence[int]]) -> Graph:
    """`graph` where of each group of alike operators the first does the work of all, on a batch of their inputs.

    What all of a group read (a weight) is read once. The others become views of the first one's result.
    """
    operators, tensors = list(graph.operators), list(graph.tensors)
    enlarged: set[int] = set()
    for group in groups:
        members = [graph.operators[o] for o in group]
        first = members[0]
        own = [ids[0] for ids in zip(*(m.inputs for m in members), strict=True) if not _one(graph, ids)]
        for tensor in (*own, *first.outputs):
            if tensor not in enlarged:
                tensors[tensor] = _times(tensors[tensor], len(group))
                enlarged.add(tensor)
        for other in members[1:]:
            operators[other.id] = _view_of(other, first.outputs[0])
            for tensor in other.outputs:
                tensors[tensor] = replace(tensors[tensor], storage=tensors[first.outputs[0]].storage)
    sizes = dict(graph.storage_bytes)
    for group in groups:
        for tensor in graph.operators[group[0]].outputs:
            storage = graph.tensors[tensor].storage
            sizes[storage] = graph.storage_bytes[storage] * len(group)
    return replace(graph, operators=tuple(operators), tensors=tuple(tensors), storage_bytes=sizes)


def appending(graph: Graph, kept: Mapping[int, Sequence[int]]) -> Graph:
    """`graph` where some concatenations copy no more than what is new, behind the inputs that are in place already (`kept`)."""
    operators, tensors = list(graph.operators), list(graph.tensors)
    for number, there in kept.items():
        operator = graph.operators[number]
        new = [place for place, tensor in enumerate(operator.inputs) if tensor not in there]
        written = graph.tensors[operator.outputs[0]]
        # The part comes first among the results, so that it is what counts as written of their storage.
        part = replace(
            written, id=len(tensors), shape=(sum(graph.elements[operator.inputs[p]] for p in new),), strides=(1,)
        )
        tensors.append(part)
        operators[number] = replace(
            operator, outputs=(part.id, *operator.outputs), inputs=tuple(operator.inputs[p] for p in new),
            input_names=tuple(operator.input_names[p] for p in new),
        )  # fmt: skip
    return replace(graph, operators=tuple(operators), tensors=tuple(tensors))


def ungrouped(graph: Graph, convolutions: Collection[int]) -> Graph:
    """`graph` with some convolutions in groups as ordinary ones: every output reads every input channel."""
    operators, tensors, sizes = list(graph.operators), list(graph.tensors), dict(graph.storage_bytes)
    for number in convolutions:
        operator = graph.operators[number]
        held = operator.input("weight")
        groups = next(iter(operator.integers("groups")), 1)
        if held is not None and groups > 1:
            weight = tensors[held]
            shape = (weight.shape[0], weight.shape[1] * groups, *weight.shape[2:])
            strides = tuple(prod(shape[i + 1 :]) for i in range(len(shape)))
            tensors[held] = replace(weight, shape=shape, strides=strides)
            sizes[weight.storage] = graph.storage_bytes[weight.storage] * groups
            operators[number] = replace(operator, attributes={**operator.attributes, "groups": 1})
    return replace(graph, operators=tuple(operators), tensors=tuple(tensors), storage_bytes=sizes)


def unwritten_broadcasts(graph: Graph, operators: Collection[int]) -> Graph:
    """`graph` where some operators that only repeat their first input show it instead: who reads the result reads each
    element of the input once."""
    changed, tensors = list(graph.operators), list(graph.tensors)
    for number in sorted(operators):
        operator = graph.operators[number]
        shown = tensors[operator.inputs[0]]
        changed[number] = _view_of(operator, shown.id)
        for tensor in operator.outputs:
            tensors[tensor] = replace(_repeating(tensors[tensor], shown), storage=shown.storage)
    return replace(graph, operators=tuple(changed), tensors=tuple(tensors))


def _view_of(operator: Operator, tensor: int) -> Operator:
    return replace(operator, inputs=(tensor,), input_names=("input",), view=True)


def _one(graph: Graph, tensors: Sequence[int]) -> bool:
    """Whether these are one tensor, or the same view of one weight."""
    weights = {graph.tensors[t].storage if graph.tensors[t].is_weight else None for t in tensors}
    return len(set(tensors)) == 1 or (len(weights) == 1 and None not in weights)


def _times(tensor: Tensor, count: int) -> Tensor:
    """The tensor with so many times its rows."""
    shape = (tensor.shape[0] * count, *tensor.shape[1:]) if tensor.shape else (count,)
    return replace(tensor, shape=shape, strides=tensor.strides or (1,))


def _repeating(tensor: Tensor, shown: Tensor) -> Tensor:
    """The tensor with strides that repeat the elements of `shown`: from the last dimension, as many as it has."""
    if tensor.shape == shown.shape:
        return replace(tensor, strides=shown.strides)
    left, strides = shown.distinct_elements, list[int]()
    for size in reversed(tensor.shape):
        held = left > 1 and left % size == 0
        strides.insert(0, tensor.strides[len(tensor.shape) - 1 - len(strides)] if held or size == 1 else 0)
        left = left // size if held else left
    return replace(tensor, strides=tuple(strides))
