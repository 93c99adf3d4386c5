"""CPU mapper: cores, vector and matrix units, cache blocks, last-level cache and DRAM."""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant
from .allocation import Allocations
from .kernels import Column, Kernels
from .memory import traffic


def map_to_cpu(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Allocations:
    """Splits the work over the cores by blocks of rows (GEMM-like) or of elements."""
    cores = int(device.compute.units.si)
    found = Allocations.empty(cores, len(kernels))
    blocks = kernels.products & ~kernels.depthwise
    shares = np.where(blocks, _row_blocks(kernels), kernels.elements / constant("cpu", "elements_per_core"))
    shares = np.maximum(1.0, shares)
    tiles = np.ceil(shares)
    waves = np.ceil(tiles / cores)
    fill = tiles / (waves * cores)
    # A core takes as long for the last piece as for a full one: more work is never faster.
    busy = shares / (waves * cores)
    peak = device.peak_flops(precision, matrix=True) or device.peak_flops(Precision.FP32, matrix=False)
    assert peak is not None, f"{device.id} has no FP32 peak"
    memory = device.memory
    dram = memory.dram_bandwidth.si * device.efficiency.dram.si
    cache = memory.llc_bandwidth.si if memory.llc_bandwidth is not None else dram * constant("cpu", "cache_ratio")
    moved = traffic(
        kernels.bytes, constant("cpu", "cache_share") * memory.llc_size.si, dram * _over_nodes(device), cache
    )
    rows, columns = _cache_block(kernels, device, precision)
    found.put(
        np.ones(len(kernels), dtype=np.bool_), units_used=np.minimum(cores, tiles), tiles=tiles, waves=waves, fill=fill,
        compute_s=kernels.flops / (peak * _rate(kernels, device) * busy), memory_s=moved.seconds,
        tile_rows=np.where(blocks, rows, 0.0), tile_columns=np.where(blocks, columns, 0.0),
        dram_bytes=moved.dram_bytes, cache_bytes=moved.cache_bytes,
    )  # fmt: skip
    return found


def _over_nodes(device: HardwareProfile) -> float:
    """Fraction of the DRAM bandwidth that is left where memory is spread over several NUMA nodes."""
    assert device.cpu is not None
    spread = device.cpu.numa_bandwidth
    return spread.si if spread is not None else 1.0


def _row_blocks(kernels: Kernels) -> Column:
    rows = kernels.batch * kernels.groups * np.maximum(kernels.m, kernels.n)
    return rows / constant("cpu", "rows_per_core")


def _cache_block(kernels: Kernels, device: HardwareProfile, precision: Precision) -> tuple[Column, Column]:
    """Rows and columns of the block of the result that a core works on while its slice of B stays in L2 (Goto's blocking)."""
    rows = np.minimum(constant("cpu", "rows_per_core"), np.maximum(kernels.m, kernels.n))
    l2 = device.memory.l2_size.si / device.compute.units.si if device.memory.l2_size is not None else 1 << 20
    depth = np.maximum(1.0, np.minimum(kernels.k, constant("cpu", "gemm_slice")))
    columns = np.maximum(1.0, np.floor(l2 / 2 / (depth * precision.bytes)))
    return rows, np.minimum(columns, np.maximum(1.0, np.minimum(kernels.m, kernels.n)))


def _rate(kernels: Kernels, device: HardwareProfile) -> Column:
    """Fraction of the peak that each kernel's arithmetic reaches."""
    efficiency = device.efficiency
    rate = np.where(kernels.macs > 0, efficiency.matrix.si, constant("cpu", "vector_rate"))
    if efficiency.convolution is not None:
        rate[kernels.of_family("convolution")] = efficiency.convolution.si
    measured = efficiency.depthwise
    rate[kernels.depthwise] = measured.si if measured is not None else constant("cpu", "depthwise_rate")
    return rate
