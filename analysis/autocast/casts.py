"""Inserts the casts of `torch.autocast` into a graph captured in FP32, and gives every tensor the type it then has.

Autocast decides call by call: `linear` may run a copy, a product and a sum, and only its arguments are cast. Memory has one
type, so types are kept by storage: views and in-place writes follow by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from math import prod

from ..graph import Graph, Operator, Tensor, bytes_of
from .policy import Policy, base_name, policy_of
from .types import CASTABLE, in_memory_of, widest

_FP32 = "float32"


def with_casts(graph: Graph, lower: str) -> Graph:
    """`graph` as it runs under autocast to `lower`, a type's name in torch ("float16", "bfloat16")."""
    return _Casting(graph, lower).run()


class _Casting:
    """The graph while it is rewritten: types by storage, new tensors after the captured ones, each parameter's cast."""

    def __init__(self, graph: Graph, lower: str) -> None:
        self._graph, self._lower = graph, lower
        self._tensors = list(graph.tensors)
        self._named: dict[int, int] = {}
        self._sizes: dict[int, int] = {}
        self._next = max(graph.storage_bytes, default=-1) + 1
        self._operators: list[Operator] = []
        made = {t for operator in graph.operators for t in operator.outputs}
        self._known = {tensor.storage for tensor in graph.tensors if tensor.id not in made}
        self._types: dict[int, str] = {}
        self._kept: dict[int, int] = {}
        self._numbers = [0]
        self._converted: set[int] = set()

    def run(self) -> Graph:
        for call in _calls(self._graph.operators):
            self._call(call)
        captured = len(self._graph.tensors)
        tensors = [self._typed(tensor) for tensor in self._tensors[:captured]] + self._tensors[captured:]
        return replace(
            self._graph, operators=tuple(self._operators), tensors=tuple(tensors),
            storage_bytes={**self._graph.storage_bytes, **self._sizes}, held=self._held(),
        )  # fmt: skip

    def _held(self) -> dict[int, int]:
        """How long Python holds storages, casts counted. Of two that were one before a conversion nothing is known."""
        held = self._graph.held.items()
        return {storage: self._numbers[ran] for storage, ran in held if storage not in self._converted}

    def _call(self, call: Sequence[Operator]) -> None:
        """The operators of one Python call: several come from a composite, whose arguments are cast before the first."""
        target = self._composite_target([policy_of(operator) for operator in call]) if len(call) > 1 else None
        if target is not None:
            inside = {tensor for operator in call for tensor in operator.outputs}
            arguments = dict.fromkeys(t for operator in call for t in operator.inputs if t not in inside)
            cast = {t: self._cast(t, target, call[0], keep=target == self._lower) for t in arguments}
            for operator in call:
                self._append(operator, [cast.get(t, t) for t in operator.inputs], "none")
            return
        for operator in call:
            if operator.kind == "to":
                self._convert(operator)
                continue
            policy = policy_of(operator)
            self._append(operator, self._arguments(operator, policy), policy)

    def _composite_target(self, policies: Sequence[Policy]) -> str | None:
        """What a composite casts to: it is a product (`linear`, `einsum`) if it runs one, a norm if it begins as one."""
        if "lower" in policies:
            return self._lower
        return _FP32 if policies[0] == "fp32" else None

    def _arguments(self, operator: Operator, policy: Policy) -> list[int]:
        """What the operator reads: its arguments, cast where the policy asks for it."""
        if policy == "fp32_result":
            # CUDA's softmax reads FP16 and writes FP32; there is no such kernel for BF16.
            separate = "softmax" in base_name(operator) and self._lower == "bfloat16"
            return [self._cast(t, _FP32, operator) if separate else t for t in operator.inputs]
        if policy == "none":
            return list(operator.inputs)
        target = {
            "lower": self._lower,
            "recurrent": "float16",
            "fp32": _FP32,
            "promote": widest([self._type(t) for t in operator.inputs if self._type(t) in CASTABLE]) or _FP32,
        }[policy]
        return [self._cast(t, target, operator, keep=policy == "lower") for t in operator.inputs]

    def _convert(self, operator: Operator) -> None:
        """A conversion to FP32, or to another tensor's type, that found nothing to do in the capture."""
        source, *other = operator.inputs
        target = self._type(other[0]) if other else _FP32
        if target == self._type(source):
            self._append(operator, [source], "none")
            return
        storage = self._allocate(self._tensors[source].elements, target)
        self._converted.add(self._tensors[source].storage)
        for tensor in operator.outputs:
            self._tensors[tensor] = replace(self._tensors[tensor], storage=storage)
        self._operators.append(_as_cast(operator, len(self._operators), source, operator.outputs, target))
        self._numbers.append(len(self._operators))

    def _append(self, operator: Operator, inputs: Sequence[int], policy: Policy) -> None:
        self._follow(operator)
        result = self._result(operator, inputs, policy)
        for index, tensor in enumerate(self._tensors[t] for t in operator.outputs):
            # Of a batch norm in lower precision only the result is, not the statistics.
            if tensor.storage not in self._known and result and (index == 0 or "batch_norm" not in operator.kind):
                self._retype(tensor, result)
            self._known.add(tensor.storage)
        self._operators.append(replace(operator, id=len(self._operators), inputs=tuple(inputs)))
        self._numbers.append(len(self._operators))

    def _retype(self, tensor: Tensor, dtype: str) -> None:
        if tensor.dtype in CASTABLE:
            size = self._graph.storage_bytes[tensor.storage]
            self._sizes[tensor.storage] = size * bytes_of(dtype) // bytes_of(tensor.dtype)
            self._types[tensor.storage] = dtype

    def _follow(self, operator: Operator) -> None:
        """A view of a conversion's result, or a write into it, lies in the new memory too."""
        captured = self._graph.tensors
        for read in operator.inputs:
            if self._tensors[read].storage != captured[read].storage:
                for tensor in operator.outputs:
                    if captured[tensor].storage == captured[read].storage:
                        self._tensors[tensor] = replace(captured[tensor], storage=self._tensors[read].storage)

    def _result(self, operator: Operator, inputs: Sequence[int], policy: Policy) -> str | None:
        """The type of a floating-point result; None: as captured."""
        if policy in ("fp32", "fp32_result"):
            return _FP32
        if "batch_norm" in operator.kind:
            return self._type(inputs[0])
        if isinstance(operator.attribute("dtype"), str):
            return None
        return self._promoted(inputs)

    def _promoted(self, inputs: Sequence[int]) -> str | None:
        """PyTorch's promotion: a tensor without dimensions counts only where no other has a floating-point type."""
        with_dimensions = [self._type(t) for t in inputs if self._tensors[t].shape]
        return widest(with_dimensions) or widest([self._type(t) for t in inputs])

    # ---- casts ---------------------------------------------------------------------------------------------------

    def _cast(self, tensor: int, target: str, reader: Operator, *, keep: bool = True) -> int:
        """The tensor in the target type. With `keep`, the cast of a whole parameter serves the rest of the run."""
        held, source = self._type(tensor), self._tensors[tensor]
        if held not in CASTABLE or held == target:
            return tensor
        whole = source.elements * bytes_of(source.dtype) == self._graph.storage_bytes.get(source.storage)
        keep = keep and whole and source.role == "parameter"
        if keep and source.storage in self._kept:
            return self._shown(self._kept[source.storage], source)
        made = self._new(source, target, self._allocate(source.elements, target))
        if keep:
            self._kept[source.storage] = len(self._operators)
        count = self._named[reader.id] = self._named.get(reader.id, 0) + 1
        name = f"{reader.name}.cast" + (f"#{count}" if count > 1 else "")
        self._operators.append(replace(_as_cast(reader, len(self._operators), tensor, (made,), target), name=name))
        return made

    def _allocate(self, elements: int, dtype: str) -> int:
        """A new storage."""
        storage, self._next = self._next, self._next + 1
        self._sizes[storage] = elements * bytes_of(dtype)
        self._types[storage] = dtype
        self._known.add(storage)
        return storage

    def _new(self, source: Tensor, dtype: str, storage: int) -> int:
        made = len(self._tensors)
        role = source.role if source.is_weight else "activation"
        self._tensors.append(Tensor(made, source.shape, dtype, _dense(source), storage, role, source.name))
        return made

    def _shown(self, cast: int, source: Tensor) -> int:
        """The result of an earlier cast in the shape of `source` (a parameter that is also read transposed)."""
        operator = self._operators[cast]
        for tensor in operator.outputs:
            if self._tensors[tensor].shape == source.shape:
                return tensor
        first = self._tensors[operator.outputs[0]]
        made = self._new(source, first.dtype, first.storage)
        self._operators[cast] = replace(operator, outputs=(*operator.outputs, made))
        return made

    # ---- types ---------------------------------------------------------------------------------------------------

    def _type(self, tensor: int) -> str:
        held = self._tensors[tensor]
        return in_memory_of(held.dtype, self._types.get(held.storage, held.dtype))

    def _typed(self, tensor: Tensor) -> Tensor:
        held = self._type(tensor.id)
        return tensor if held == tensor.dtype else replace(tensor, dtype=held)


def _calls(operators: Sequence[Operator]) -> Iterator[list[Operator]]:
    """Runs of operators of the same Python call."""
    for _, call in groupby(
        operators, key=lambda operator: operator.site if operator.site is not None else -1 - operator.id
    ):
        yield list(call)


def _as_cast(reader: Operator, number: int, tensor: int, outputs: tuple[int, ...], dtype: str) -> Operator:
    """What `.to(dtype)` at the reader's line would have been captured as; it says nothing of how often that line ran."""
    return replace(
        reader, id=number, kind="cast", target="aten._to_copy.default", inputs=(tensor,), input_names=("self",),
        outputs=outputs, attributes={"dtype": f"torch.{dtype}"}, view=False,
        source=tuple(replace(place, direct=False) for place in reader.source),
    )  # fmt: skip


def _dense(tensor: Tensor) -> tuple[int, ...]:
    """Strides of a copy: those of the original, or row by row where the original repeats or skips elements."""
    reach = 1 + sum((n - 1) * stride for n, stride in zip(tensor.shape, tensor.strides, strict=True))
    if reach == tensor.elements:
        return tensor.strides
    return tuple(prod(tensor.shape[i + 1 :]) for i in range(len(tensor.shape)))
