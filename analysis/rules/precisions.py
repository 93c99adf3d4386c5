"""The number formats of a question, as rules ask for them."""

from __future__ import annotations

from ...hardware_profiles import Precision
from ..estimate import Question
from ..numerics import Autocast, Defaults


def product_precision(question: Question) -> Precision:
    """What convolutions compute in: products too, but for PyTorch's defaults."""
    precision = question.precision
    if isinstance(precision, Autocast):
        return precision.low
    return Precision.TF32 if isinstance(precision, Defaults) else precision


def matrix_precision(question: Question) -> Precision | None:
    """What convolutions compute in where the device has matrix units for it."""
    precision = product_precision(question)
    return precision if precision in question.device.compute.matrix else None
