"""LSTM, GRU and plain recurrent layers as one operator over all time steps."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Tensor
from .registry import Context, Cost, Gemm, Recurrence, costs

_ELEMENTWISE_PER_CELL = {"lstm": 9, "gru": 10, "rnn_tanh": 2, "rnn_relu": 2}
_GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


@costs("lstm", "gru", "rnn_tanh", "rnn_relu")
def recurrent(context: Context) -> Cost:
    """Every weight matrix is multiplied once a time step and sample."""
    names = context.operator.input_names
    source = context.tensor("input")
    matrices = [t for name, t in zip(names, context.inputs, strict=True) if name == "params" and len(t.shape) == 2]
    if source is None or not matrices:
        return context.cost("recurrent")
    rows = source.elements // max(1, source.shape[-1])
    macs = rows * sum(matrix.elements for matrix in matrices)
    cells = context.output_elements
    return context.cost(
        "recurrent", macs=macs, elementwise=_ELEMENTWISE_PER_CELL[context.operator.kind] * cells,
        recurrence=_recurrence(context, rows, matrices),
    )  # fmt: skip


def _recurrence(context: Context, rows: int, matrices: Sequence[Tensor]) -> Recurrence | None:
    """Of `rows` steps of all samples. A layer and direction has weights of its input and of the state, and with a smaller state
    those that make it (`proj_size`)."""
    kind, state = context.operator.kind, context.tensor("hx")
    parts = state.shape[0] if state is not None and len(state.shape) == 3 else 0
    each = len(matrices) // parts if parts else 0
    if state is None or each < 2 or len(matrices) % parts or not rows:
        return None
    inputs = tuple(Gemm(1, rows, matrix.shape[0], matrix.shape[1]) for matrix in matrices[::each])
    columns, terms = matrices[1].shape
    samples = max(1, state.shape[1])
    steps = parts * max(1, rows // samples)
    return Recurrence(inputs, Gemm(1, samples, columns, terms), steps, _GATES[kind], _ELEMENTWISE_PER_CELL[kind])
