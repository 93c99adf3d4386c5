"""Subgraph × device → allocation: which units of the device work on a kernel, in how many waves, how well filled."""

from .access import runs_twice
from .allocation import Allocation, Allocations
from .cpu import dispatch_seconds
from .kernels import Kernel, Kernels
from .mapper import OWN_TYPES, distinct, kernel_precision, map_kernel, map_kernels
from .operator_columns import OperatorColumns, instructions
from .peaks import with_fp32_sums

__all__ = [
    "OWN_TYPES",
    "Allocation",
    "Allocations",
    "Kernel",
    "Kernels",
    "OperatorColumns",
    "dispatch_seconds",
    "distinct",
    "instructions",
    "kernel_precision",
    "map_kernel",
    "map_kernels",
    "runs_twice",
    "with_fp32_sums",
]
