"""How far off predictions are, in a few figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .predict import Predicted

_NEAR = 0.25


@dataclass(frozen=True, slots=True)
class Errors:
    """Of several rows: median, mean (MAPE) and 90th percentile of |error|, median error (bias), rank correlation, the shares
    within 25 % and inside the interval, and the plain prediction's median |error| (`Predicted.plain`)."""

    rows: int
    median: float
    mean: float
    p90: float
    bias: float
    spearman: float | None
    near: float
    inside: float
    plain: float

    @classmethod
    def of(cls, predicted: Sequence[Predicted]) -> Errors:
        """The figures of at least one row."""
        error = np.array([each.error for each in predicted])
        size = np.abs(error)
        measured = np.array([each.case.measured for each in predicted])
        return cls(
            len(predicted), float(np.median(size)), float(size.mean()), float(np.quantile(size, 0.9)), float(np.median(error)),
            _rank_correlation(measured, measured * (1 + error)), float((size <= _NEAR).mean()),
            float(np.mean([each.inside for each in predicted])),
            float(np.median([abs(each.plain_error) for each in predicted])),
        )  # fmt: skip


def grouped(
    predicted: Iterable[Predicted], by: Callable[[Predicted], tuple[str, ...]]
) -> dict[tuple[str, ...], list[Predicted]]:
    """Rows by what `by` says of them, sorted."""
    groups: dict[tuple[str, ...], list[Predicted]] = {}
    for each in predicted:
        groups.setdefault(by(each), []).append(each)
    return dict(sorted(groups.items()))


def _rank_correlation(left: NDArray[np.float64], right: NDArray[np.float64]) -> float | None:
    """Spearman's coefficient without ties; None for fewer than three rows."""
    if len(left) < 3:
        return None
    first, second = (np.argsort(np.argsort(values)).astype(np.float64) for values in (left, right))
    return float(1 - 6 * np.square(first - second).sum() / (len(left) * (len(left) ** 2 - 1)))
