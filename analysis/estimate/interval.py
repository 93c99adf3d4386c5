"""A value with the bounds it is believed to lie between."""

from __future__ import annotations

from dataclasses import dataclass

from ..constants import constant_value


@dataclass(frozen=True, slots=True)
class Interval:
    """`low` ≤ `value` ≤ `high`, all in one unit."""

    value: float
    low: float
    high: float


def widened(parts: dict[str, float]) -> Interval:
    """The sum of parts, each widened by the factors that `constants.toml` gives for its source of error."""
    low = high = 0.0
    for source, value in parts.items():
        factors: list[float] = constant_value("interval", source)
        low += value * factors[0]
        high += value * factors[1]
    return Interval(sum(parts.values()), low, high)
