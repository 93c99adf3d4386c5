"""A value with the bounds it is believed to lie between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from ..constants import constant_value
from ..costs import Family
from ..mapping.kernels import FAMILIES, Column

_KERNELS: Mapping[Family, str] = {
    "convolution": "convolution", "matmul": "product", "attention": "product", "recurrent": "product",
    "normalization": "rows", "reduction": "rows", "library": "library", "unknown": "library",
}  # fmt: skip
_OTHERS = "stream"
_SOURCES = tuple(dict.fromkeys((*_KERNELS.values(), _OTHERS)))
_SOURCE_OF = np.array([_SOURCES.index(_KERNELS.get(family, _OTHERS)) for family in FAMILIES])


@dataclass(frozen=True, slots=True)
class Interval:
    """`low` ≤ `value` ≤ `high`, all in one unit."""

    value: float
    low: float
    high: float

    @property
    def uncertainty(self) -> float:
        """Half of its width, as a share of the value."""
        return (self.high - self.low) / 2 / self.value if self.value else 0.0

    def widened(self, factors: tuple[float, float]) -> Interval:
        """With one more error, of which the value is between `factors` times itself."""
        low, high = (sqrt((bound - self.value) ** 2 + ((factor - 1) * self.value) ** 2)
                     for bound, factor in zip((self.low, self.high), factors, strict=True))  # fmt: skip
        return Interval(self.value, max(0.0, self.value - low), self.value + high)


def between(value: float, errors: Iterable[tuple[str, float]]) -> Interval:
    """`value` with errors that know nothing of each other, so that their squares add up. Each has an entry of `[interval]` in
    `constants.toml`, whose factors are those of a part of the value."""
    low = high = 0.0
    for source, part in errors:
        factors: list[float] = constant_value("interval", source)
        low += ((1 - factors[0]) * part) ** 2
        high += ((factors[1] - 1) * part) ** 2
    return Interval(value, max(0.0, value - sqrt(low)), value + sqrt(high))


def errors_of_kernels(seconds: Column, families: NDArray[np.int64]) -> Iterator[tuple[str, float]]:
    """The errors that kernels have of their own: equal ones share theirs, so that a model of many different kernels is surer
    than a single one. Of each class of kernels the entry of `[interval]`, and the root of the sum of their squares."""
    classes = _SOURCE_OF[families]
    order = np.lexsort((seconds, classes))
    classes, seconds = classes[order], seconds[order]
    first = np.ones(len(seconds), dtype=np.bool_)
    first[1:] = (seconds[1:] != seconds[:-1]) | (classes[1:] != classes[:-1])
    alike = np.bincount(np.cumsum(first) - 1, seconds)
    squares = np.bincount(classes[first], alike * alike)
    for number in np.flatnonzero(squares):
        yield _SOURCES[number], sqrt(squares[number])
