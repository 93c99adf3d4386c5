"""What autograd keeps of a forward pass until the backward pass has used it (`backward.toml`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from ...hardware_profiles.toml_file import read
from ..autocast.policy import base_name
from ..graph import Graph, Operator, is_floating

_Kept = Callable[[Operator, Graph, "set[int]"], Iterator[int]]


def saved_tensors(graph: Graph) -> tuple[set[int], list[int]]:
    """The tensors that are kept, weights among them, and those that are copied first, as an operator in place writes over what
    its formula names. What no parameter leads to is not differentiated."""
    differentiated = {tensor.id for tensor in graph.tensors if tensor.role == "parameter"}
    saved: set[int] = set()
    copied: list[int] = []
    for operator in graph.operators:
        if differentiated.isdisjoint(operator.inputs):
            continue
        differentiated.update(tensor for tensor in operator.outputs if is_floating(graph.tensors[tensor].dtype))
        if operator.view:
            continue
        kept = set(_rules().get(operator.kind, _all)(operator, graph, differentiated))
        if _writes_over(operator) and operator.inputs[0] in kept:
            kept.remove(operator.inputs[0])
            copied.append(operator.inputs[0])
        saved |= kept
    return saved, copied


def _writes_over(operator: Operator) -> bool:
    """`aten.silu_.default`: whether it writes its result over its first input."""
    return base_name(operator).endswith("_")


def _all(operator: Operator, _graph: Graph, _differentiated: set[int]) -> Iterator[int]:
    yield from operator.inputs
    yield from operator.outputs


def _inputs(operator: Operator, _graph: Graph, _differentiated: set[int]) -> Iterator[int]:
    yield from operator.inputs


def _results(operator: Operator, _graph: Graph, _differentiated: set[int]) -> Iterator[int]:
    yield from operator.outputs


def _results_in_place(operator: Operator, _graph: Graph, _differentiated: set[int]) -> Iterator[int]:
    yield from operator.outputs if _writes_over(operator) else operator.inputs


def _partners(operator: Operator, _graph: Graph, differentiated: set[int]) -> Iterator[int]:
    for place, tensor in enumerate(operator.inputs):
        if any(other in differentiated for at, other in enumerate(operator.inputs) if at != place):
            yield tensor


def _places(operator: Operator, graph: Graph, _differentiated: set[int]) -> Iterator[int]:
    yield from (tensor for tensor in operator.inputs if not is_floating(graph.tensors[tensor].dtype))


def _found(operator: Operator, graph: Graph, _differentiated: set[int]) -> Iterator[int]:
    yield from (tensor for tensor in operator.outputs if not is_floating(graph.tensors[tensor].dtype))


def _inputs_and_found(operator: Operator, graph: Graph, differentiated: set[int]) -> Iterator[int]:
    yield from operator.inputs
    yield from _found(operator, graph, differentiated)


def _nothing(_operator: Operator, _graph: Graph, _differentiated: set[int]) -> Iterator[int]:
    yield from ()


_LISTS: Mapping[str, _Kept] = {
    "inputs": _inputs, "results": _results, "results_in_place": _results_in_place, "partners": _partners,
    "places": _places, "found": _found, "inputs_and_found": _inputs_and_found, "nothing": _nothing,
}  # fmt: skip


@cache
def _rules() -> Mapping[str, _Kept]:
    table = read(Path(__file__).with_name("backward.toml"))[1]
    return {kind: kept for name, kept in _LISTS.items() for kind in table[name]}
