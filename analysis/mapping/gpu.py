"""GPU mapper: tiles on SMs in waves, tensor cores or vector units, two-level memory.

Structure and constants: `docs/architecture.md`, section "How a GPU kernel is timed"; figures in `constants.toml`.
"""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant
from .allocation import Allocations
from .gpu_memory import copy_seconds, kernel_traffic
from .gpu_products import map_products
from .kernels import Column, Kernels, Mask
from .occupancy import resident_threads
from .peaks import vector_peak

_LARGE_KERNEL = 49
_SKINNY = 8  # rows or columns below which a tile of the matrix unit would be mostly padding
_WARPS_PER_CTA = 8
_THREADS_PER_CTA = 256


def map_to_gpu(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Allocations:
    """Chooses each kernel's regime by its family and shape."""
    found = Allocations.empty(int(device.compute.units.si), len(kernels))
    skinny = kernels.of_family("matmul") & kernels.products & (np.minimum(kernels.m, kernels.n) < _SKINNY)
    tiled = kernels.products & ~kernels.depthwise & ~skinny
    streaming = ~kernels.products
    regimes = (
        (tiled, map_products),
        (skinny, _skinny),
        (kernels.depthwise, _depthwise),
        (streaming, _streaming),
    )
    for rows, regime in regimes:
        if rows.any():
            regime(found, rows, kernels.where(rows), device, precision)
    return found


def _elementwise_rate(device: HardwareProfile) -> float:
    """FLOP/s of code without matrix products."""
    reached = device.efficiency.elementwise
    return vector_peak(device) * (reached.si if reached is not None else constant("gpu", "vector_rate"))


def _skinny(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """Few rows or columns (a matrix-vector product): vector units, one warp a result, the matrix streams once."""
    units = found.units
    results = kernels.batch * kernels.groups * kernels.m * kernels.n
    tiles = np.maximum(1.0, np.ceil(results / _WARPS_PER_CTA))
    used = np.minimum(units, tiles)
    rate = vector_peak(device) * constant("gpu", "vector_rate") * used / units
    resident = resident_threads(device, _THREADS_PER_CTA)
    moved = kernel_traffic(kernels, device, precision)
    useful = results / (tiles * _WARPS_PER_CTA)
    found.put(
        rows, units_used=used, tiles=tiles, waves=np.ceil(tiles / (units * resident)), fill=np.minimum(1.0, tiles / units),
        compute_s=kernels.flops / (rate * useful), memory_s=moved.seconds, alignment=useful, resident=resident,
        dram_bytes=moved.dram_bytes, cache_bytes=moved.cache_bytes,
    )  # fmt: skip


def _depthwise(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """No reduction over channels: vector units, `taps + 2` operations an output."""
    small = kernels.taps <= _LARGE_KERNEL
    measured = device.efficiency.depthwise
    share = np.where(
        small,
        measured.si if measured is not None else constant("gpu", "depthwise_rate"),
        constant("gpu", "depthwise_rate_large"),
    )
    outputs = kernels.batch * kernels.m * kernels.n * kernels.groups
    _fill(found, rows, outputs, device)
    rate = share * vector_peak(device) * found.fill[rows] * found.alignment[rows]
    found.compute_s[rows] = outputs * (kernels.taps + 2) / rate
    _put_traffic(found, rows, kernels, device, precision)


def _streaming(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """Elementwise, norms, reductions, copies: one CTA for a block of elements."""
    _fill(found, rows, kernels.elements, device)
    rate = _elementwise_rate(device) * found.fill[rows] * found.alignment[rows]
    found.compute_s[rows] = np.maximum(kernels.flops, 2 * kernels.instructions) / rate
    _put_traffic(found, rows, kernels, device, precision)
    found.conversion_s[rows] = copy_seconds(kernels, device)


def _put_traffic(
    found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision
) -> None:
    moved = kernel_traffic(kernels, device, precision)
    found.memory_s[rows], found.dram_bytes[rows], found.cache_bytes[rows] = moved


def _fill(found: Allocations, rows: Mask, elements: Column, device: HardwareProfile) -> None:
    """CTAs of a block of elements each, at full occupancy of each SM. The last CTA takes as long as a full one."""
    block = constant("gpu", "elements_per_cta")
    tiles = np.maximum(1.0, np.ceil(elements / block))
    resident = resident_threads(device, _THREADS_PER_CTA)
    found.put(
        rows, units_used=np.minimum(found.units, tiles), tiles=tiles, waves=np.ceil(tiles / (found.units * resident)),
        fill=np.minimum(1.0, tiles / found.units), alignment=np.maximum(1.0, elements) / (tiles * block), resident=resident,
    )  # fmt: skip
