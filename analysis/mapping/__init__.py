"""Subgraph × device → allocation: which units of the device work on a kernel, in how many waves, how well filled."""

from .allocation import Allocation, Allocations
from .cpu import dispatch_seconds
from .kernels import Kernel, Kernels
from .mapper import distinct, instructions, kernel_of, kernel_precision, map_kernel, map_kernels, work_of

__all__ = [
    "Allocation",
    "Allocations",
    "Kernel",
    "Kernels",
    "dispatch_seconds",
    "distinct",
    "instructions",
    "kernel_of",
    "kernel_precision",
    "map_kernel",
    "map_kernels",
    "work_of",
]
