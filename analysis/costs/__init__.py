"""What each operator costs, independent of any device: MACs, FLOPs, the elements it reads and writes, its parallelism."""

# Importing them registers their functions.
from . import attention, convolution, library, matmul, movement, normalization, pointwise, pooling, recurrent
from .parallelism import NORMS_OF_ROWS, Parallelism, parallelism_of, row_length, takes_statistics
from .registry import HEAVY, Context, Cost, Family, Gemm, Recurrence, cost_of, costs_of, modelled_kinds
from .sizes import Sizes

__all__ = [
    "HEAVY", "NORMS_OF_ROWS", "Context", "Cost", "Family", "Gemm", "Parallelism", "Recurrence", "Sizes", "cost_of", "costs_of",
    "modelled_kinds", "parallelism_of", "row_length", "takes_statistics",
]  # fmt: skip

_ = (attention, convolution, library, matmul, movement, normalization, pointwise, pooling, recurrent)
