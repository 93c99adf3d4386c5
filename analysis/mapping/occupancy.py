"""How many CTAs an SM holds at a time: limited by its threads, registers, shared memory and blocks."""

from __future__ import annotations

from functools import lru_cache
from math import floor

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_value
from .kernels import Column


def resident_threads(device: HardwareProfile, threads: int) -> int:
    """CTAs of so many threads on an SM, with few registers and no shared memory."""
    if device.gpu is None:
        return 1
    return max(1, int(min(device.gpu.max_threads_per_sm.si // threads, device.gpu.max_blocks_per_sm.si)))


@lru_cache(maxsize=1024)
def resident_tiles(device: HardwareProfile, precision: Precision) -> Column:
    """CTAs on an SM for each tile of a matrix product (`gpu.tiles`).

    A CTA holds `gemm_stages` slices of both operands (`gemm_slice` deep) in shared memory and the FP32 accumulators in
    registers (CUTLASS, efficient_gemm.md: threadblock tile, software pipelining).
    """
    tiles: list[tuple[int, int]] = constant_value("gpu", "tiles")
    limits = device.gpu
    if limits is None:
        return np.ones(len(tiles))
    found: list[float] = []
    for rows, columns in tiles:
        threads = 256 if rows * columns >= 128 * 128 else 128
        shared = constant("gpu", "gemm_stages") * (rows + columns) * constant("gpu", "gemm_slice") * precision.bytes
        registers = rows * columns + threads * constant("gpu", "gemm_registers")
        most = min(
            limits.max_threads_per_sm.si // threads,
            limits.max_blocks_per_sm.si,
            floor(limits.registers_per_sm.si / registers),
            floor(limits.shared_memory_per_sm.si / shared),
        )
        found.append(max(1.0, most))
    return np.array(found)
