"""LSTM, GRU and plain recurrent layers as one operator over all time steps."""

from __future__ import annotations

from .registry import Context, Cost, costs

_ELEMENTWISE_PER_CELL = {"lstm": 9, "gru": 10, "rnn_tanh": 2, "rnn_relu": 2}


@costs("lstm", "gru", "rnn_tanh", "rnn_relu")
def recurrent(context: Context) -> Cost:
    """Every weight matrix is multiplied once a time step and sample."""
    names = context.operator.input_names
    source = context.tensor("input")
    matrices = [t for name, t in zip(names, context.inputs, strict=True) if name == "params" and len(t.shape) == 2]
    if source is None or not matrices:
        return context.cost("recurrent")
    steps = source.elements // max(1, source.shape[-1])
    macs = steps * sum(matrix.elements for matrix in matrices)
    cells = context.output_elements
    return context.cost("recurrent", macs=macs, elementwise=_ELEMENTWISE_PER_CELL[context.operator.kind] * cells)
