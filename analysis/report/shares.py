"""Shares of a model's EDP, latency or energy, whichever the user looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..estimate import Evaluation
from .lines import LineSummary

Quantity = Literal["edp", "latency", "energy"]
NAMES: dict[Quantity, str] = {"edp": "EDP", "latency": "the latency", "energy": "the energy"}


def line_share(evaluation: Evaluation, summary: LineSummary, quantity: Quantity) -> float:
    """What one line holds of the model's total, 0 to 1."""
    if quantity == "edp":
        return summary.edp_share
    if quantity == "latency":
        return _part(summary.latency_s, evaluation.latency.value)
    return _part(summary.energy_j, evaluation.energy.value)


def operator_shares(evaluation: Evaluation, quantity: Quantity) -> Sequence[float]:
    """Operator id → what it holds of the model's total, 0 to 1."""
    if quantity == "edp":
        return evaluation.operator_shares
    if quantity == "latency":
        return [_part(value, evaluation.latency.value) for value in evaluation.operator_seconds]
    return [_part(value, evaluation.energy.value) for value in evaluation.operator_joules]


def _part(value: float, total: float) -> float:
    return value / total if total else 0.0
