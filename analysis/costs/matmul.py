"""Linear layers and matrix products."""

from __future__ import annotations

from .registry import Context, Cost, Gemm, costs


@costs("linear", "matmul")
def matmul(context: Context) -> Cost:
    """(batch ×) m × k by k × n, whatever the argument names; the last two tensors of rank ≥ 1 are the factors."""
    factors = [
        t for name, t in zip(context.operator.input_names, context.inputs, strict=True) if name not in ("bias", "out")
    ]
    left, right = factors[-2], factors[-1]
    addend = len(factors) > 2 or context.operator.input("bias") is not None
    if len(left.shape) == 1:
        gemm = Gemm(1, 1, 1, left.shape[0])
    elif len(right.shape) == 1:
        gemm = Gemm(1, left.shape[-2], 1, left.shape[-1])
    else:
        batch = left.shape[0] if len(left.shape) == 3 else 1
        gemm = Gemm(batch, left.shape[-2], right.shape[-1], left.shape[-1])
    return context.cost("matmul", gemm=gemm, elementwise=context.output_elements if addend else 0)


@costs("trilinear")
def bilinear(context: Context) -> Cost:
    """`nn.Bilinear`: rows times the weight (out × left × right), and the result times the other rows."""
    left, weight = context.inputs[0], context.inputs[1]
    rows, between = left.elements // max(1, left.shape[-1]), weight.elements // max(1, left.shape[-1])
    return context.cost("matmul", gemm=Gemm(1, rows, between, left.shape[-1]), elementwise=2 * rows * between)


@costs("grouped_mm")
def grouped(context: Context) -> Cost:
    """Experts: rows (tokens × k) times the matrix (k × n) of the group each row belongs to; every group's matrix is read."""
    left, right = context.inputs[0], context.inputs[1]
    return context.cost("matmul", gemm=Gemm(1, left.shape[-2], right.shape[-1], left.shape[-1]))
