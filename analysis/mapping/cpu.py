"""CPU mapper: cores, vector units, last-level cache and DRAM."""

from __future__ import annotations

from math import ceil

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant
from .allocation import Allocation, Kernel


def map_to_cpu(kernel: Kernel, device: HardwareProfile, precision: Precision) -> Allocation:
    """Splits the work over the cores by blocks of rows (GEMM-like) or of elements."""
    cores = int(device.compute.units.si)
    tiles = _pieces(kernel)
    used = min(cores, tiles)
    waves = ceil(tiles / cores)
    fill = tiles / (waves * cores)
    peak = device.peak_flops(precision, matrix=True) or device.peak_flops(Precision.FP32, matrix=False)
    assert peak is not None, f"{device.id} has no FP32 peak"
    compute = kernel.flops / (peak * _rate(kernel, device) * max(fill, 1 / cores))
    return Allocation(cores, used, tiles, waves, fill, compute, _memory_seconds(kernel.bytes, device))


def _pieces(kernel: Kernel) -> int:
    if kernel.gemm is not None and not kernel.depthwise:
        rows = kernel.gemm.batch * kernel.gemm.groups * max(kernel.gemm.m, kernel.gemm.n)
        return max(1, ceil(rows / constant("cpu", "rows_per_core")))
    return max(1, ceil(kernel.elements / constant("cpu", "elements_per_core")))


def _rate(kernel: Kernel, device: HardwareProfile) -> float:
    """Fraction of the peak that the kernel's arithmetic reaches."""
    efficiency = device.efficiency
    if kernel.depthwise:
        return efficiency.depthwise.si if efficiency.depthwise is not None else constant("cpu", "depthwise_rate")
    if kernel.family == "convolution" and efficiency.convolution is not None:
        return efficiency.convolution.si
    return efficiency.matrix.si if kernel.macs else constant("cpu", "vector_rate")


def _memory_seconds(data: float, device: HardwareProfile) -> float:
    """What the last-level cache holds moves at its bandwidth, the rest at a fraction of DRAM bandwidth."""
    memory = device.memory
    dram = memory.dram_bandwidth.si * device.efficiency.dram.si
    cache = memory.llc_bandwidth.si if memory.llc_bandwidth is not None else dram * constant("cpu", "cache_ratio")
    held = 1 / (1 + data / (constant("cpu", "cache_share") * memory.llc_size.si))
    return data * (1 - held) / dram + data * held / cache
