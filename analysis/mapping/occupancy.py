"""How many CTAs an SM holds at a time: limited by its threads, registers, shared memory and blocks."""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant
from .kernels import Column


def resident_threads(device: HardwareProfile, threads: int) -> int:
    """CTAs of so many threads on an SM, with few registers and no shared memory."""
    if device.gpu is None:
        return 1
    return max(1, int(min(device.gpu.max_threads_per_sm.si // threads, device.gpu.max_blocks_per_sm.si)))


def resident_tiles(device: HardwareProfile, precision: Precision, rows: Column, columns: Column) -> Column:
    """CTAs on an SM for tiles of so many rows and columns of a matrix product.

    A CTA holds `gemm_stages` slices of both operands (`gemm_slice` deep) in shared memory and the FP32 accumulators in
    registers (CUTLASS, efficient_gemm.md: threadblock tile, software pipelining).
    """
    limits = device.gpu
    if limits is None:
        return np.ones(len(rows))
    threads = np.where(rows * columns >= 128 * 128, 256.0, 128.0)
    shared = constant("gpu", "gemm_stages") * (rows + columns) * constant("gpu", "gemm_slice") * precision.bytes
    registers = rows * columns + threads * constant("gpu", "gemm_registers")
    by_threads = np.floor_divide(limits.max_threads_per_sm.si, threads)
    by_registers = np.floor_divide(limits.registers_per_sm.si, registers)
    by_memory = np.floor_divide(limits.shared_memory_per_sm.si, shared)
    most = np.minimum(np.minimum(by_threads, limits.max_blocks_per_sm.si), np.minimum(by_registers, by_memory))
    return np.maximum(1.0, most)
