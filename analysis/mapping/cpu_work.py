"""Classes of work on a CPU: kernels of one class reach about the same rate, whatever their size."""

from __future__ import annotations

from ..costs import Family, Gemm

WORK = (
    "matmul", "attention", "convolution", "pointwise-convolution", "depthwise", "grouped", "elementwise", "transcendental",
    "batch-norm", "normalization", "softmax", "reduction", "max-pool", "average-pool", "concatenation", "transpose", "copy",
    "recurrence",
)  # fmt: skip
POOLS = frozenset({"max-pool", "average-pool"})
# Need an exponential, a logarithm or an error function an element.
_TRANSCENDENTAL = frozenset(
    "gelu silu sigmoid tanh exp exp2 expm1 log log2 log10 log1p erf sin cos tan softplus mish elu selu celu log_sigmoid_forward "
    "quick_gelu pow glu atan asin acos sinh cosh".split()
)
_CONCATENATIONS = frozenset({"cat", "stack"})
_PLAIN_COPIES = frozenset({"fill", "zeros", "ones", "full", "arange", "zero", "embedding", "empty"})


def work_on_cpu(family: Family, kind: str, gemm: Gemm | None) -> str:
    """The class of a kernel, by its leading operator."""
    if family == "convolution" and gemm is not None:
        return _convolution(gemm)
    if family == "recurrent":
        return "recurrence"
    if family in ("matmul", "convolution"):
        return "matmul"
    if family == "pointwise":
        return "batch-norm" if kind == "batch_norm" else "transcendental" if kind in _TRANSCENDENTAL else "elementwise"
    if family == "normalization":
        return "softmax" if "softmax" in kind else "normalization"
    if family == "pool":
        # With one window a channel or a few, PyTorch takes a mean.
        return "max-pool" if "max" in kind else "reduction" if kind.startswith("adaptive") else "average-pool"
    if family == "movement":
        return "concatenation" if kind in _CONCATENATIONS else "copy" if kind in _PLAIN_COPIES else "transpose"
    return "attention" if family == "attention" else "reduction" if family == "reduction" else "elementwise"


def _convolution(gemm: Gemm) -> str:
    if gemm.groups > 1:
        return "depthwise" if gemm.k == gemm.taps else "grouped"
    return "pointwise-convolution" if gemm.taps == 1 else "convolution"
