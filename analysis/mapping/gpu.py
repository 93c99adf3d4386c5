"""GPU mapper: tiles on SMs in waves, tensor cores or vector units, two-level memory.

Structure and constants: `docs/architecture.md`, section "How a GPU kernel is timed"; figures in `constants.toml`.
"""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_value
from .allocation import Allocations
from .gpu_memory import copy_seconds, kernel_traffic
from .gpu_products import map_products
from .gpu_rows import exponential_seconds, norm_seconds, resident_norms
from .kernels import Column, Kernels, Mask
from .occupancy import resident_threads
from .peaks import vector_peak

# Taps of the largest that cuDNN has a depthwise kernel for, on images of two dimensions.
_LARGE_KERNEL = {"contiguous": 25, "channels_last": 49}
_WARPS_PER_CTA = 8
_THREADS_PER_CTA = 256


def map_to_gpu(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Allocations:
    """Products in tiles, everything else on the vector units."""
    found = Allocations.empty(int(device.compute.units.si), len(kernels))
    tiled = kernels.products & ~kernels.depthwise & ~kernels.skinny
    for rows, regime in ((tiled, map_products), (~tiled, _on_vector_units)):
        if rows.any():
            regime(found, rows, kernels.where(rows), device, precision)
    found.memory_s[:], found.dram_bytes[:], found.cache_bytes[:] = kernel_traffic(kernels, device, precision)
    found.memory_s[:] = np.maximum(found.memory_s, norm_seconds(kernels, device))
    found.conversion_s[:] += copy_seconds(kernels, device) + exponential_seconds(kernels, device)
    return found


def _on_vector_units(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, _: Precision) -> None:
    """CTAs of a block of elements each, at full occupancy of each SM. The last CTA takes as long as a full one.

    Of a skinny product a warp computes one result, and the matrix streams once. Of a norm of rows a CTA computes one row.
    """
    results = kernels.batch * kernels.groups * kernels.m * kernels.n
    count = np.where(kernels.products, results, kernels.elements)
    rows_of_norms = kernels.row > 0
    usual = np.where(kernels.skinny, _WARPS_PER_CTA, constant("gpu", "elements_per_cta"))
    block = np.where(rows_of_norms, kernels.row, usual)
    tiles = np.maximum(1.0, np.ceil(count / block))
    resident = np.where(rows_of_norms, resident_norms(device), resident_threads(device, _THREADS_PER_CTA))
    fill, alignment = np.minimum(1.0, tiles / found.units), np.maximum(1.0, count) / (tiles * block)
    # A depthwise convolution has nothing to reduce over channels: taps + 2 operations an output.
    work = np.where(
        kernels.depthwise, results * (kernels.taps + 2), np.maximum(kernels.flops, 2 * kernels.instructions)
    )
    rate = vector_peak(device) * _shares(kernels, device) * fill * alignment
    found.put(
        rows, units_used=np.minimum(found.units, tiles), tiles=tiles, waves=np.ceil(tiles / (found.units * resident)),
        fill=fill, compute_s=work / rate, alignment=alignment, resident=resident,
    )  # fmt: skip


def _shares(kernels: Kernels, device: HardwareProfile) -> Column:
    """The part of the vector peak that each kernel reaches."""
    usual, elementwise, depthwise = (
        constant("gpu", "vector_rate"),
        device.efficiency.elementwise,
        device.efficiency.depthwise,
    )
    found = np.where(kernels.skinny, usual, elementwise.si if elementwise is not None else usual)
    small = depthwise.si if depthwise is not None else constant("gpu", "depthwise_rate")
    large: dict[str, float] = constant_value("gpu", "depthwise_rate_large")
    last = kernels.tiled == 0
    slow = np.where(last, large["channels_last"], large["contiguous"])
    limited = kernels.contiguous_convolution & (kernels.kind == "conv2d")
    most = np.where(limited, _LARGE_KERNEL["contiguous"], _LARGE_KERNEL["channels_last"])
    return np.where(kernels.depthwise, np.where(kernels.taps <= most, small, slow), found)
