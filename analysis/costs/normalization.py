"""Normalisations and softmax: a few operations an element, one pass over the data."""

from __future__ import annotations

from .parallelism import takes_statistics
from .registry import Context, Cost, costs

# Operations an element: batch norm in inference is one scale and one shift; the others, and batch norm that takes statistics of
# what it is given, also subtract a mean, square, accumulate twice, and normalise; softmax takes a maximum, subtracts,
# exponentiates, sums and divides.
_OPERATIONS = {"batch_norm": 2, "layer_norm": 7, "group_norm": 7, "instance_norm": 7, "rms_norm": 4, "softmax": 5,
               "log_softmax": 5, "safe_softmax": 5, "linalg_vector_norm": 2, "weight_norm_interface": 3}  # fmt: skip


@costs(*_OPERATIONS)
def normalization(context: Context) -> Cost:
    """Reads its input and its scale and shift, writes a result of the same size."""
    kind = "instance_norm" if takes_statistics(context.operator) else context.operator.kind
    family = "pointwise" if kind == "batch_norm" else "normalization"
    return context.cost(family, elementwise=_OPERATIONS[kind] * context.input_elements)
