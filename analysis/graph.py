"""The operator graph: the one data structure that every stage after capture shares.

A graph is in single-assignment form: an in-place write gives its result a new tensor that lies in the same storage, so
"who produced what I read" has one answer. All values are immutable; sizes are in elements, bytes or bits as named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Literal

Role = Literal["input", "parameter", "buffer", "constant", "activation"]
Scalar = bool | int | float | str | None
Attribute = Scalar | tuple["Attribute", ...]

_BYTES: Mapping[str, int] = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "complex64": 8, "complex128": 16, "complex32": 4,
    "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint8": 1, "bool": 1, "qint8": 1, "quint8": 1, "qint32": 4,
    "uint16": 2, "uint32": 4, "uint64": 8,
}  # fmt: skip


def bytes_of(dtype: str) -> int:
    """Bytes of one element of a type, named as in torch."""
    return _BYTES.get(dtype, 4)


def is_floating(dtype: str) -> bool:
    """Whether the elements of a type are real or complex numbers, which can be differentiated."""
    return dtype.startswith(("float", "bfloat", "complex"))


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of a file, counted from 1, while `function` ran.

    `frame` numbers that execution of the function, `run` the repetitions of the line's call within it (a loop). `direct`: the
    line calls PyTorch's core itself, and `run` counts operators of one kind.
    """

    file: str
    line: int
    function: str = ""
    frame: int = 0
    run: int = 0
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value that flows along an edge. Strides are in elements; equal `storage` means shared memory."""

    id: int
    shape: tuple[int, ...]
    dtype: str
    strides: tuple[int, ...]
    storage: int
    role: Role
    name: str = ""

    @property
    def elements(self) -> int:
        """Number of elements of the logical shape."""
        return prod(self.shape)

    @property
    def distinct_elements(self) -> int:
        """Elements that differ in memory: a broadcast (stride 0) dimension counts once."""
        if 0 not in self.strides:
            return prod(self.shape)
        return prod(n for n, stride in zip(self.shape, self.strides, strict=True) if stride != 0 or n == 0)

    @property
    def is_weight(self) -> bool:
        """Whether the value is part of the model rather than of this run."""
        return self.role in ("parameter", "buffer")


@dataclass(frozen=True, slots=True)
class Operator:
    """One executed operator. `inputs[i]` is the tensor passed as the argument `input_names[i]`.

    `source` holds the lines that led to it, innermost first; `call` numbers the module call it ran in; a `view` moves no
    data; `iteration` tells apart repeated runs of the same line. Operators in a row with one `site` ran in one Python call.
    """

    id: int
    name: str
    kind: str
    target: str
    inputs: tuple[int, ...]
    input_names: tuple[str, ...]
    outputs: tuple[int, ...]
    attributes: Mapping[str, Attribute]
    module: str
    call: int
    source: tuple[SourceLine, ...]
    view: bool
    site: int | None = None

    def input(self, name: str) -> int | None:
        """The tensor passed as the argument `name`, if there was one."""
        for argument, tensor in zip(self.input_names, self.inputs, strict=True):
            if argument == name:
                return tensor
        return None

    def attribute(self, name: str, default: Attribute = None) -> Attribute:
        """The non-tensor argument `name`."""
        return self.attributes.get(name, default)

    def integers(self, name: str) -> tuple[int, ...]:
        """The argument `name` as a tuple of integers; a scalar gives one, a missing one gives none."""
        value = self.attributes.get(name)
        items = value if isinstance(value, tuple) else (value,)
        return tuple(item for item in items if isinstance(item, int))


@dataclass(frozen=True, slots=True)
class Module:
    """An `nn.Module` of the model: its path, class, the lines that constructed it (innermost first) and its own class's place."""

    path: str
    class_name: str
    constructed: tuple[SourceLine, ...]
    defined: SourceLine | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """A model input: shape, dtype, and in words where it came from ("given", "directive", "inferred from conv1")."""

    shape: tuple[int, ...]
    dtype: str
    origin: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Without:
    """What the user's code asks for at a line and a capture does without, as a GPU."""

    message: str
    line: SourceLine


@dataclass(frozen=True)
class Graph:
    """A captured model: operators in execution order, the tensors they read and write, and the module tree.

    `held`: how many operators had run when Python let go of a storage, by storage; as many as there are where it never did.
    `channels_last`: it was captured with images and weights in that order.
    """

    model: str
    operators: tuple[Operator, ...]
    tensors: tuple[Tensor, ...]
    storage_bytes: Mapping[int, int]
    modules: tuple[Module, ...]
    inputs: tuple[InputSpec, ...]
    input_tensors: tuple[int, ...]
    output_tensors: tuple[int, ...]
    parameters: int
    assumptions: tuple[str, ...] = ()
    defined: SourceLine | None = None
    contains: tuple[str, ...] = field(default=())
    without: tuple[Without, ...] = ()
    held: Mapping[int, int] = field(default_factory=dict[int, int])
    channels_last: bool = False

    @property
    def batch(self) -> int:
        """First dimension of the first input."""
        return self.inputs[0].shape[0] if self.inputs and self.inputs[0].shape else 1

    @cached_property
    def producers(self) -> Mapping[int, int]:
        """Tensor id → id of the operator that produced it; inputs and weights are absent."""
        return {tensor: operator.id for operator in self.operators for tensor in operator.outputs}

    @cached_property
    def consumers(self) -> Mapping[int, tuple[int, ...]]:
        """Tensor id → ids of the operators that read it, in execution order."""
        found: dict[int, list[int]] = {}
        for operator in self.operators:
            for tensor in dict.fromkeys(operator.inputs):
                found.setdefault(tensor, []).append(operator.id)
        return {tensor: tuple(ids) for tensor, ids in found.items()}

    @cached_property
    def predecessors(self) -> tuple[tuple[int, ...], ...]:
        """Operator id → the distinct operators whose results it reads."""
        producers = self.producers
        return tuple(
            tuple(
                dict.fromkeys(producers[t] for t in operator.inputs if t in producers and producers[t] != operator.id)
            )
            for operator in self.operators
        )

    @cached_property
    def elements(self) -> tuple[int, ...]:
        """Tensor id → number of elements of its logical shape."""
        return tuple([prod(tensor.shape) for tensor in self.tensors])

    @cached_property
    def domains(self) -> tuple[int, ...]:
        """Operator id → size of its iteration space: its largest activation or result, in elements."""
        elements = self.elements
        activations = [0 if tensor.is_weight else elements[tensor.id] for tensor in self.tensors]
        return tuple(
            [
                max([*[elements[t] for t in o.outputs], *[activations[t] for t in o.inputs]], default=0)
                for o in self.operators
            ]
        )

    @cached_property
    def module_by_path(self) -> Mapping[str, Module]:
        """Module path → module."""
        return {module.path: module for module in self.modules}
