"""The registry of cost functions: one small function an operator family, found by the operator's kind.

A kind without a function is "not modelled": it counts the bytes of its tensors and no arithmetic, and lowers the coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..graph import Graph, Operator, Tensor

Family = Literal[
    "convolution", "matmul", "attention", "recurrent", "normalization", "pointwise", "reduction", "pool", "movement",
    "view", "library", "unknown",
]  # fmt: skip
HEAVY: frozenset[Family] = frozenset({"convolution", "matmul", "attention", "recurrent"})


@dataclass(frozen=True, slots=True)
class Gemm:
    """The matrix product behind an operator: `batch` products of (m × k) by (k × n); `taps` kernel positions inside k.

    `image_height`, `image_width`: outputs of one image of a 3×3 convolution with stride and dilation 1, 0 for others."""

    batch: int
    m: int
    n: int
    k: int
    taps: int = 1
    groups: int = 1
    image_height: int = 0
    image_width: int = 0

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return self.batch * self.groups * self.m * self.n * self.k


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A recurrent layer as libraries run it: the products of all steps' `inputs`, one a layer and direction, then `steps` in a
    row (time steps × layers × directions), each a product of the state, `step`, and `operations` for each of its cells.

    The columns of a product are those of all `gates`."""

    inputs: tuple[Gemm, ...]
    step: Gemm
    steps: int
    gates: int
    operations: int

    @property
    def hidden(self) -> int:
        """Cells of one sample."""
        return self.step.n // self.gates


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of one operator. `reads` and `writes` give elements per tensor; `flops` = 2·macs + elementwise operations."""

    family: Family
    macs: int = 0
    elementwise: int = 0
    reads: Mapping[int, int] = field(default_factory=dict[int, int])
    writes: Mapping[int, int] = field(default_factory=dict[int, int])
    gemm: Gemm | None = None
    recurrence: Recurrence | None = None
    modelled: bool = True

    @property
    def flops(self) -> int:
        """Floating-point operations: two a MAC, one an elementwise operation."""
        return 2 * self.macs + self.elementwise


@dataclass(frozen=True, slots=True)
class Context:
    """An operator with its tensors at hand."""

    operator: Operator
    graph: Graph

    def tensor(self, argument: str) -> Tensor | None:
        """The tensor passed as `argument`."""
        found = self.operator.input(argument)
        return None if found is None else self.graph.tensors[found]

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """All tensors read."""
        return tuple([self.graph.tensors[t] for t in self.operator.inputs])

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """All tensors written."""
        return tuple([self.graph.tensors[t] for t in self.operator.outputs])

    @property
    def output_elements(self) -> int:
        """Elements of the first result."""
        outputs = self.operator.outputs
        return self.graph.elements[outputs[0]] if outputs else 0

    @property
    def input_elements(self) -> int:
        """Elements of the first tensor read."""
        inputs = self.operator.inputs
        return self.graph.elements[inputs[0]] if inputs else 0

    def reads(self) -> dict[int, int]:
        """Every input in full, broadcast dimensions once."""
        tensors = self.graph.tensors
        return {tensor: tensors[tensor].distinct_elements for tensor in self.operator.inputs}

    def writes(self) -> dict[int, int]:
        """Every distinct result in full; a result shown in several shapes counts once."""
        elements, outputs = self.graph.elements, self.operator.outputs
        if len(outputs) == 1:
            return {outputs[0]: elements[outputs[0]]}
        first = {self.graph.tensors[tensor].storage: tensor for tensor in reversed(outputs)}
        return {tensor: elements[tensor] for tensor in reversed(first.values())}

    def cost(
        self, family: Family, *, macs: int = 0, elementwise: int = 0, gemm: Gemm | None = None,
        reads: Mapping[int, int] | None = None, writes: Mapping[int, int] | None = None,
        recurrence: Recurrence | None = None,
    ) -> Cost:  # fmt: skip
        """A cost that reads and writes every tensor in full unless told otherwise."""
        return Cost(
            family,
            gemm.macs if gemm is not None and not macs else macs,
            elementwise,
            self.reads() if reads is None else reads,
            self.writes() if writes is None else writes,
            gemm,
            recurrence,
        )


CostFunction = Callable[[Context], Cost]
_FUNCTIONS: dict[str, CostFunction] = {}


def costs(*kinds: str) -> Callable[[CostFunction], CostFunction]:
    """Registers the decorated function for these kinds of operator."""

    def register(function: CostFunction) -> CostFunction:
        for kind in kinds:
            if kind in _FUNCTIONS:
                raise ValueError(f"{kind} has a cost function already")
            _FUNCTIONS[kind] = function
        return function

    return register


def modelled_kinds() -> frozenset[str]:
    """Kinds that have a cost function."""
    return frozenset(_FUNCTIONS)


def cost_of(operator: Operator, graph: Graph) -> Cost:
    """The cost of one operator of `graph`."""
    if operator.view:
        return Cost("view")
    context = Context(operator, graph)
    function = _FUNCTIONS.get(operator.kind)
    if function is None:
        return Cost("unknown", reads=context.reads(), writes=context.writes(), modelled=False)
    return function(context)


def costs_of(graph: Graph) -> tuple[Cost, ...]:
    """The cost of every operator, by operator id."""
    return tuple(cost_of(operator, graph) for operator in graph.operators)
