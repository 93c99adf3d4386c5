"""Kernels that compilers call and do not generate: sorts, transforms, decompositions of matrices, boxes, what data decides."""

from __future__ import annotations

from math import log2, prod

from .registry import Context, Cost, costs

_SAMPLE = 8  # operations of a bilinear sample
# FLOPs of dense algorithms on n × n matrices, over n³ (Golub and Van Loan, Matrix Computations: Cholesky and LU 4.2 and 3.2,
# QR 5.2, symmetric and general eigenvalues 8.3 and 7.5, singular values 8.6; inverse by LU; exponential: 9 products and a solve).
_CUBIC = {"linalg_cholesky_ex": 1 / 3, "linalg_lu": 2 / 3, "linalg_lu_factor_ex": 2 / 3, "linalg_det": 2 / 3,
          "linalg_slogdet": 2 / 3, "linalg_solve_ex": 2 / 3, "linalg_inv_ex": 2, "linalg_qr": 4 / 3, "geqrf": 4 / 3,
          "linalg_householder_product": 4 / 3, "linalg_lstsq": 4 / 3, "linalg_eigh": 9, "linalg_eig": 25,
          "linalg_svd": 22, "linalg_pinv": 24, "linalg_matrix_exp": 20}  # fmt: skip


@costs("fft_r2c", "fft_c2r", "fft_c2c")
def transform(context: Context) -> Cost:
    """5·log₂ n operations an element for n complex points (Cooley and Tukey), half of that where one side is real."""
    real = context.operator.kind != "fft_c2c"
    whole = context.outputs[0] if context.operator.kind == "fft_c2r" else context.inputs[0]
    points = prod(whole.shape[axis] for axis in context.operator.integers("dim"))
    steps = log2(points) if points > 1 else 0.0
    return context.cost("library", elementwise=round((2.5 if real else 5.0) * whole.elements * steps))


@costs("sort", "argsort", "topk", "kthvalue", "msort", "median", "nanmedian", "mode")
def order(context: Context) -> Cost:
    """log₂ n comparisons an element of a row of n."""
    shape = context.inputs[0].shape
    axis = next(iter(context.operator.integers("dim")), 0 if context.operator.kind == "msort" else -1)
    row = shape[axis] if shape else 1
    return context.cost("library", elementwise=context.input_elements * max(1, row).bit_length())


@costs("nonzero", "masked_select", "unique2", "unique", "unique_consecutive", "unique_dim", "bincount", "histc",
       "multinomial", "linalg_check_errors")  # fmt: skip
def found(context: Context) -> Cost:
    """Reads its input and writes what it found: one comparison an element."""
    return context.cost("library", elementwise=context.input_elements)


@costs("embedding_bag")
def bags(context: Context) -> Cost:
    """Reads a row of the table for each index, and adds them up."""
    table, looked_up = context.inputs[0], context.tensor("indices")
    read = (looked_up.elements if looked_up is not None else 1) * table.shape[-1]
    return context.cost("library", elementwise=read, reads={**context.reads(), table.id: read})


@costs(*_CUBIC)
def decomposition(context: Context) -> Cost:
    """A multiple of m·n·min(m, n) for each m × n matrix."""
    matrix = context.inputs[0]
    work = _CUBIC[context.operator.kind] * matrix.elements * min(matrix.shape[-2:])
    return context.cost("library", elementwise=round(work))


@costs("linalg_solve_triangular", "triangular_solve", "cholesky_solve")
def substitution(context: Context) -> Cost:
    """An n × n triangle for each column: n² operations; two triangles after a Cholesky decomposition."""
    triangles = 2 if context.operator.kind == "cholesky_solve" else 1
    return context.cost("library", elementwise=triangles * context.output_elements * context.outputs[0].shape[-2])


@costs("cdist_forward", "pdist_forward")
def distances(context: Context) -> Cost:
    """Every pair of rows: a subtraction, a power and a sum an element."""
    return context.cost("library", elementwise=3 * context.output_elements * context.inputs[0].shape[-1])


@costs("nms")
def nms(context: Context) -> Cost:
    """Every pair of boxes is compared: about 16 operations for the overlap of two."""
    boxes = context.inputs[0].shape[0]
    return context.cost("library", elementwise=16 * boxes * boxes // 2)


@costs("roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool")
def roi_align(context: Context) -> Cost:
    """Bilinear samples; `sampling_ratio`² of them a bin, 2² where it is adaptive."""
    ratio = next(iter(context.operator.integers("sampling_ratio")), 2)
    samples = context.output_elements * (ratio if ratio > 0 else 2) ** 2
    sampled = context.inputs[0]
    reads = {**context.reads(), sampled.id: min(sampled.elements, 4 * samples)}
    return context.cost("library", elementwise=_SAMPLE * samples, reads=reads)
