"""Subgraph × device → allocation: which units of the device work on a kernel, in how many waves, how well filled."""

from .allocation import Allocation, Kernel
from .mapper import kernel_of, kernel_precision, map_kernel

__all__ = ["Allocation", "Kernel", "kernel_of", "kernel_precision", "map_kernel"]
