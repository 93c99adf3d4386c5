"""Attention written out as two products around a softmax: what compilers replace by one attention kernel."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from ..graph import Graph, Operator, Tensor

_KIND = "scaled_dot_product_attention"
_SCALES = ("mul", "div")
_MASKS = ("add", "masked_fill")
_HEADS = (4,)
_NOTHING = ("to", "dropout")  # a cast to the type that it has, and dropout in inference, where they are views


def with_fused_attention(
    graph: Graph,
    forms: Mapping[str, Sequence[str]],
    ending_in: Container[int] | None = None,
    ranks: Container[int] = _HEADS,
) -> Graph:
    """`graph` with written-out attention as one operator, at the line of its second product.

    `forms`: what may stand between the first product and the softmax → how the heads may lie (`rules.toml`, attention). What
    is replaced stays in the graph, at its lines, as views of the query that cost nothing. `ending_in`: the second products of
    those to replace, by default all. `ranks`: how many dimensions the scores may have; compilers know four, with heads.
    """
    rewritten = _Rewritten(graph)
    for operator in graph.operators:
        chosen = operator.kind == "matmul" and (ending_in is None or operator.id in ending_in)
        found = _written(operator, graph, forms, ranks) if chosen else None
        if found is not None:
            rewritten.replace(found)
    return rewritten.graph()


def written_attention(
    graph: Graph, forms: Mapping[str, Sequence[str]], ranks: Container[int] = _HEADS
) -> list[tuple[int, ...]]:
    """Of each written-out attention the operators from its first product to its second."""
    found = (_written(operator, graph, forms, ranks) for operator in graph.operators if operator.kind == "matmul")
    return [(*(step.id for step in written.steps), written.last.id) for written in found if written is not None]


@dataclass(frozen=True, slots=True)
class _Operand:
    """A factor of a product: the tensor with heads before the product's own views and copy."""

    tensor: int
    copy: Operator | None


@dataclass(frozen=True, slots=True)
class _Written:
    """`steps` lead from the first product to the softmax's result, which `last` reads. `copies`: those of operands, to stay."""

    operands: tuple[_Operand, _Operand, _Operand]
    mask: int | None
    steps: tuple[Operator, ...]
    last: Operator
    copies: bool


def _written(
    last: Operator, graph: Graph, forms: Mapping[str, Sequence[str]], ranks: Container[int]
) -> _Written | None:
    """The attention that ends in the product `last`, if that is one of `forms` and nobody else reads what it computes."""
    steps = _steps_before(last, graph)
    if not steps:
        return None
    kinds = [step.kind for step in steps if step.kind not in _NOTHING]
    form = "+".join(kinds[1:-1]) or "none"
    rank = len(graph.tensors[steps[-1].outputs[0]].shape)
    if kinds[-1] != "softmax" or rank not in ranks or not _over_rows(steps, graph, rank) or form not in forms:
        return None
    factors = ((steps[0], 0), (steps[0], -1), (last, -1))
    query, key, value = (_operand(product, place, graph, rank) for product, place in factors)
    turned = graph.producers.get(key.tensor)
    if turned is None or not _swaps(graph.operators[turned], rank - 2, rank - 1, rank):
        return None
    operands = (query, replace(key, tensor=graph.operators[turned].inputs[0]), value)
    layout = next((layout for layout in forms[form] if layout in _layouts(operands, graph)), None)
    if layout is None or not _alike([graph.tensors[operand.tensor] for operand in operands], rank):
        return None
    mask = next((step.inputs[1] for step in steps if step.kind in _MASKS), None)
    return _Written(operands, mask, tuple(steps), last, layout == "copied")


def _steps_before(last: Operator, graph: Graph) -> list[Operator]:
    """The operators from a product to the scores' weights that `last` reads, each read by the next alone; else none."""
    found: list[Operator] = []
    tensor: int | None = last.inputs[0]
    while tensor is not None:
        producer = graph.producers.get(tensor)
        step = graph.operators[producer] if producer is not None else None
        if step is None or not _serves_one(step, graph):
            return []
        found.insert(0, step)
        if step.kind == "matmul":
            return found
        tensor = step.inputs[0] if _may_stand_between(step, graph) else None
    return []


def _may_stand_between(step: Operator, graph: Graph) -> bool:
    if step.kind in _SCALES:
        return len(step.inputs) == 1
    if step.kind in _MASKS:
        return len(step.inputs) == 2 and len(graph.tensors[step.inputs[1]].shape) > 0
    return step.kind == "softmax" or (step.kind in _NOTHING and step.view)


def _over_rows(steps: Iterable[Operator], graph: Graph, rank: int) -> bool:
    """Whether the results of `steps` are scores of one shape, and the softmax goes over its last dimension."""
    shapes = {graph.tensors[step.outputs[0]].shape for step in steps}
    dimensions = {step.attribute("dim") for step in steps if step.kind == "softmax"}
    return len(shapes) == 1 and dimensions <= {-1, rank - 1}


def _serves_one(operator: Operator, graph: Graph) -> bool:
    """Whether one operator reads its results and the model does not return them."""
    readers = {reader for tensor in operator.outputs for reader in graph.consumers.get(tensor, ())}
    return len(readers) == 1 and not any(tensor in graph.output_tensors for tensor in operator.outputs)


def _operand(product: Operator, place: int, graph: Graph, rank: int) -> _Operand:
    """A product lines its heads up in three dimensions, with a copy where a view is not enough."""
    copy: Operator | None = None
    tensor = product.inputs[place]
    producer = graph.producers.get(tensor)
    if producer is not None and _is_own_copy(graph.operators[producer], product, graph):
        copy = graph.operators[producer]
        tensor = copy.inputs[0]
        producer = graph.producers.get(tensor)
    if producer is not None:
        shown = (t for t in graph.operators[producer].outputs if len(graph.tensors[t].shape) == rank)
        tensor = next(shown, tensor)
    return _Operand(tensor, copy)


def _is_own_copy(operator: Operator, product: Operator, graph: Graph) -> bool:
    return operator.kind == "clone" and operator.site == product.site and _serves_one(operator, graph)


def _layouts(operands: Sequence[_Operand], graph: Graph) -> set[str]:
    """`plain`: nothing is copied; `copied`: everything is; `moved`: heads were only moved before the sequence; and `any`."""
    copies = [operand.copy is not None for operand in operands]
    producers = [graph.producers.get(operand.tensor) for operand in operands]
    moved = all(producer is not None and _swaps(graph.operators[producer], 1, 2) for producer in producers)
    holding = {"plain": not any(copies), "copied": all(copies), "moved": moved, "any": True}
    return {name for name, holds in holding.items() if holds}


def _swaps(operator: Operator, first: int, second: int, rank: int = 4) -> bool:
    """Whether a view exchanges two of its dimensions and nothing else."""
    if operator.kind == "transpose":
        return {d % rank for name in ("dim0", "dim1") for d in operator.integers(name)} == {first, second}
    order = list(range(rank))
    order[first], order[second] = second, first
    return operator.kind == "permute" and [d % rank for d in operator.integers("dims")] == order


def _alike(operands: Sequence[Tensor], rank: int) -> bool:
    """Whether query, key and value have as many heads, of one size and type, and a value for each key."""
    heads = {(tensor.shape[:-2], tensor.shape[-1:], tensor.dtype) for tensor in operands}
    lengths = {tensor.shape[-2:-1] for tensor in operands[1:]}
    return len(heads) == len(lengths) == 1 and all(len(tensor.shape) == rank for tensor in operands)


class _Rewritten:
    """A graph in which attention is replaced, one after another."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._operators = list(graph.operators)
        self._shapes: dict[int, tuple[int, ...]] = {}
        self._storages: dict[int, int] = {}

    def graph(self) -> Graph:
        """The graph so far: the one it began with where nothing was replaced."""
        before = self._graph
        return replace(before, operators=tuple(self._operators), tensors=self._tensors()) if self._storages else before

    def replace(self, found: _Written) -> None:
        """Makes one operator of `found`."""
        read = [self._read(operand, found.copies) for operand in found.operands]
        shown = read[0]
        for step in found.steps:
            self._show(step, shown)
            shown = step.outputs[0]
        names = ("query", "key", "value", "attn_mask")
        given = (*read, *(() if found.mask is None else (found.mask,)))
        self._operators[found.last.id] = replace(
            found.last, kind=_KIND, inputs=given, input_names=names[: len(given)], attributes={"is_causal": False}
        )
        if not found.copies:
            self._lay_out(found.last, self._graph.tensors[read[0]])

    def _read(self, operand: _Operand, copies: bool) -> int:
        """What attention reads of an operand: its copy, where that stays. A transposed key is copied as it is stored."""
        copy = operand.copy
        if copy is None:
            return operand.tensor
        if not copies:
            self._show(copy, operand.tensor)
            return operand.tensor
        result = next(t for t in copy.outputs if len(self._graph.tensors[t].shape) == 4)
        self._shapes[result] = self._graph.tensors[operand.tensor].shape
        self._operators[copy.id] = replace(copy, inputs=(operand.tensor,), input_names=copy.input_names[:1])
        return result

    def _show(self, operator: Operator, tensor: int) -> None:
        """Makes an operator a view of `tensor`."""
        self._operators[operator.id] = replace(operator, inputs=(tensor,), input_names=("input",), view=True)
        storage = self._graph.tensors[tensor].storage
        for result in operator.outputs:
            self._storages[self._graph.tensors[result].storage] = self._storages.get(storage, storage)

    def _lay_out(self, last: Operator, query: Tensor) -> None:
        """A result lies in memory like the query: where heads come after the sequence, moving them back copies nothing."""
        graph = self._graph
        moved = (graph.operators[reader] for reader in graph.consumers.get(last.outputs[0], ()))
        for view in moved if query.strides[1] < query.strides[2] else ():
            for reader in graph.consumers.get(view.outputs[0], ()) if view.view and _swaps(view, 1, 2) else ():
                if graph.operators[reader].kind == "clone":
                    self._show(graph.operators[reader], view.outputs[0])

    def _tensors(self) -> tuple[Tensor, ...]:
        return tuple(
            replace(
                tensor,
                storage=self._storages.get(tensor.storage, tensor.storage),
                shape=self._shapes.get(tensor.id, tensor.shape),
                strides=_contiguous(self._shapes[tensor.id]) if tensor.id in self._shapes else tensor.strides,
            )
            for tensor in self._graph.tensors
        )


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(prod(shape[i + 1 :]) for i in range(len(shape)))
