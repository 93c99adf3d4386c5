"""What some operators compute together, told by running them on sample numbers: however it is spelled, it is recognised.

A region is a chain, or a few branches that meet, of operators between one tensor and one result. It works on rows, the last
dimension: element by element, or with statistics of a row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...fusion.dataflow import Dataflow
from ...graph import Attribute, Graph, Operator, Tensor

Row = NDArray[np.float64]
_MOST_OPERATORS = 16

_erf: Callable[[Row], Row] = np.vectorize(math.erf, otypes=[np.float64])


def _sigmoid(x: Row) -> Row:
    return 1 / (1 + np.exp(-x))


def _clipped(x: Row, low: float, high: float) -> Row:
    return np.minimum(np.maximum(x, low), high)


def _softplus(x: Row) -> Row:
    return np.log1p(np.exp(x))


_UNARY: Mapping[str, Callable[[Row], Row]] = {
    "neg": np.negative, "abs": np.abs, "exp": np.exp, "log": np.log, "log1p": np.log1p, "expm1": np.expm1, "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x), "reciprocal": lambda x: 1 / x, "tanh": np.tanh, "sigmoid": _sigmoid, "erf": _erf,
    "relu": lambda x: np.maximum(x, 0.0), "relu6": lambda x: _clipped(x, 0.0, 6.0), "square": np.square, "softplus": _softplus,
    "hardsigmoid": lambda x: _clipped(x + 3, 0.0, 6.0) / 6, "cast": lambda x: x, "to": lambda x: x,
}  # fmt: skip
_BINARY: Mapping[str, Callable[[Row, Row], Row]] = {
    "add": np.add, "sub": np.subtract, "rsub": lambda x, y: y - x, "mul": np.multiply, "div": np.divide, "pow": np.power,
    "maximum": np.maximum, "minimum": np.minimum,
}  # fmt: skip
_LIMITS: Mapping[str, tuple[str, str]] = {
    "clamp": ("min", "max"), "clamp_min": ("min", ""), "clamp_max": ("", "max"), "hardtanh": ("min_val", "max_val"),
}  # fmt: skip
_STATISTICS: Mapping[str, Callable[..., Any]] = {"mean": np.mean, "sum": np.sum, "var": np.var, "std": np.std}
# Arguments that change what is computed in ways not followed here.
_UNKNOWN = ("rounding_mode", "beta", "threshold", "dtype")

KINDS = frozenset({*_UNARY, *_BINARY, *_LIMITS, *_STATISTICS})


@dataclass(frozen=True, slots=True)
class Region:
    """Operators that lead from the tensor `root` to the result of the last of them, in order."""

    root: int
    operators: tuple[Operator, ...]

    @property
    def at(self) -> Operator:
        """The operator with the result."""
        return self.operators[-1]

    @property
    def touched(self) -> tuple[int, ...]:
        """Ids of the operators."""
        return tuple(operator.id for operator in self.operators)

    @property
    def of_one_call(self) -> bool:
        """Whether one call of PyTorch runs them all: how a function is captured that a device has a kernel for."""
        sites = {operator.site for operator in self.operators}
        return len(sites) == 1 and None not in sites


@dataclass(frozen=True)
class Regions:
    """The regions of a graph."""

    flow: Dataflow
    _seen: dict[int, int] = field(default_factory=dict[int, int], init=False)

    @classmethod
    def of(cls, graph: Graph) -> Regions:
        """Those of a captured graph."""
        return cls(Dataflow(graph, ()))

    @property
    def graph(self) -> Graph:
        """The graph."""
        return self.flow.graph

    def ending_in(self, last: Operator) -> Iterator[Region]:
        """Regions that end in an operator, the smallest first: nobody else reads what they compute on the way."""
        inside: dict[int, Operator] = {}
        before: set[int] = set()
        following: Operator | None = last
        while following is not None and len(inside) < _MOST_OPERATORS and self._understood(following):
            inside[following.id] = following
            before |= {self.seen(tensor) for tensor in following.inputs}
            before -= {self.seen(tensor) for tensor in following.outputs}
            if len(before) == 1:
                yield Region(next(iter(before)), tuple(inside[o] for o in sorted(inside)))
            following = self._latest(before, inside)

    def computed(self, region: Region, row: Row) -> Row | None:
        """What a region makes of a row of its root, if that is known and finite."""
        values: dict[int, Row] = {region.root: row}
        with np.errstate(all="ignore"):
            for operator in region.operators:
                result = _run(operator, [values[self.seen(tensor)] for tensor in operator.inputs], self._rank(operator))
                if result is None:
                    return None
                values[self.seen(operator.outputs[0])] = result
        final = values[self.seen(region.at.outputs[0])]
        return final if bool(np.isfinite(final).all()) else None

    def seen(self, tensor: int) -> int:
        """The result that a tensor is, seen through views that keep its shape, or add the dimension that a mean took away."""
        if tensor not in self._seen:
            self._seen[tensor] = self._see(tensor)
        return self._seen[tensor]

    def alone(self, tensor: int) -> Operator | None:
        """The only operator that reads a result which the model does not return."""
        origin = self.flow.origin[tensor]
        readers = self.flow.readers.get(origin, frozenset())
        return self.graph.operators[next(iter(readers))] if len(readers) == 1 and not self._returned(origin) else None

    def _see(self, tensor: int) -> int:
        origin = self.flow.origin[tensor]
        shown, made = self.graph.tensors[tensor], self.graph.tensors[origin]
        same = (shown.shape, shown.strides) == (made.shape, made.strides)
        return origin if same or shown.shape == (*made.shape, 1) else tensor

    def _latest(self, tensors: set[int], inside: Mapping[int, Operator]) -> Operator | None:
        """The operator that made the last of some tensors, if only operators `inside` read it."""
        made = [(self.graph.producers.get(tensor, -1), tensor) for tensor in tensors]
        producer, tensor = max(made, default=(-1, -1))
        if producer < 0 or self._returned(tensor) or not self.flow.readers.get(tensor, frozenset()) <= inside.keys():
            return None
        return self.graph.operators[producer]

    def _returned(self, origin: int) -> bool:
        return origin in self.flow.returned

    def _rank(self, operator: Operator) -> int:
        return len(self.graph.tensors[operator.inputs[0]].shape)

    def _understood(self, operator: Operator) -> bool:
        if operator.view or operator.kind not in KINDS or not operator.inputs:
            return False
        if any(operator.attribute(name) is not None for name in _UNKNOWN):
            return False
        if operator.kind in _STATISTICS:
            return _over_rows(operator, self._rank(operator))
        tensors = self.graph.tensors
        result = tensors[operator.outputs[0]]
        return all(_row_or_statistic(tensors[t], result) for t in operator.inputs)


def _row_or_statistic(read: Tensor, result: Tensor) -> bool:
    """Whether an operand has as many rows as a result, each whole or a single number."""
    return bool(read.shape) and read.shape[:-1] == result.shape[:-1] and read.shape[-1] in (1, result.shape[-1])


def _over_rows(operator: Operator, rank: int) -> bool:
    return {d % max(1, rank) for d in operator.integers("dim")} == {rank - 1}


def _run(operator: Operator, operands: list[Row], rank: int) -> Row | None:
    first, kind = operands[0], operator.kind
    if kind in _STATISTICS:
        more = {"ddof": _correction(operator)} if kind in ("var", "std") else {}
        if more and more["ddof"] >= len(first):
            return None
        return np.array([_STATISTICS[kind](first, **more)])
    if kind in _LIMITS:
        low, high = (operator.attribute(name) if name else None for name in _LIMITS[kind])
        if len(operands) > 1 or (low, high) == (None, None):
            return None
        return _clipped(first, _limit(low, -math.inf), _limit(high, math.inf))
    if kind in _UNARY:
        return _UNARY[kind](first)
    second = operands[1] if len(operands) == 2 else _number(operator, "exponent" if kind == "pow" else "other")
    alpha = _number(operator, "alpha", 1.0)
    if second is None or alpha is None:
        return None
    return _BINARY[kind](first * alpha, second) if kind == "rsub" else _BINARY[kind](first, second * alpha)


def _limit(value: Attribute, without: float) -> float:
    return value if isinstance(value, int | float) else without


def _number(operator: Operator, name: str, default: float | None = None) -> Row | None:
    value = operator.attribute(name, default)
    return np.array([float(value)]) if isinstance(value, int | float) else None


def _correction(operator: Operator) -> int:
    """Var and std divide by one less than the length unless told otherwise."""
    given = operator.attribute("correction", operator.attribute("unbiased", 1))
    return int(given) if isinstance(given, int | float) else 1
