"""Traffic of GPU kernels: two levels of memory, at the rate that each pattern of access reaches."""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant
from .gpu_rows import read_again, row_streams
from .kernels import Column, Kernels, Mask
from .memory import Traffic, traffic
from .peaks import vector_peak

_SECTOR = 32  # bytes that DRAM and L2 exchange
_REREAD_TILE = 64  # rows and columns of the tiles that read again


def gpu_traffic(data: Column, device: HardwareProfile, stream: float | Column) -> Traffic:
    """Seconds and bytes of `data`; `stream` is the access pattern relative to a streaming copy."""
    memory = device.memory
    fallback = vector_peak(device) * constant("gpu", "cache_flop_ratio")
    cache = memory.llc_bandwidth.si if memory.llc_bandwidth is not None else fallback
    dram = stream * device.efficiency.dram.si * memory.dram_bandwidth.si
    return traffic(data, constant("gpu", "cache_kappa") * memory.llc_size.si, dram, np.maximum(cache, dram))


def dram_seconds(data: Column, device: HardwareProfile) -> Column:
    """Seconds in which `data` bytes cross the memory interface at the rate of matrix products."""
    rate = constant("gpu", "matmul_stream") * device.efficiency.dram.si * device.memory.dram_bandwidth.si
    return data / rate


def kernel_traffic(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Traffic:
    """A kernel's traffic, at the rate that its pattern of access reaches."""
    stream = np.full(len(kernels), constant("gpu", "pointwise_stream"))
    stream[kernels.of_family("convolution", "matmul", "attention")] = constant("gpu", "matmul_stream")
    stream[kernels.depthwise] = constant("gpu", "depthwise_stream")
    stream[kernels.depthwise & kernels.wide & (kernels.tiled == 0)] = constant("gpu", "wide_depthwise_stream")
    stream[kernels.irregular | kernels.of_family("pool")] = constant("gpu", "irregular_stream")
    data = kernels.bytes + read_again(kernels, device)
    on_vector_units = kernels.of_family("matmul") & kernels.products & ~kernels.skinny
    if precision in device.compute.matrix or not on_vector_units.any():
        return gpu_traffic(data, device, row_streams(kernels, stream))
    data += _straddling_bytes(kernels, precision) * on_vector_units
    found = gpu_traffic(data, device, row_streams(kernels, stream))
    return _with_long_rows(found, kernels, device, precision, on_vector_units)


def _straddling_bytes(kernels: Kernels, precision: Precision) -> Column:
    """What tiles read more of operands whose rows start anywhere in a sector: parts of sectors."""
    results = precision.bytes * kernels.batch * kernels.m * kernels.n
    more = (constant("gpu", "straddling") - 1) * np.maximum(0.0, kernels.bytes - results)
    return np.where(np.mod(kernels.k * precision.bytes, _SECTOR) > 0, more, 0.0)


def _with_long_rows(
    found: Traffic, kernels: Kernels, device: HardwareProfile, precision: Precision, rows: Mask
) -> Traffic:
    """Tiles read long rows of both operands again and again where L2 was seen to keep little of them, the slower and the more
    often the further apart rows start."""
    if device.efficiency.reread is None:
        return found
    slowest = device.efficiency.reread.si
    missed = slowest / (slowest + (constant("gpu", "reread_steps") / np.maximum(1.0, kernels.k)) ** 2)
    again = 2 * precision.bytes / _REREAD_TILE * kernels.batch * kernels.m * kernels.n * kernels.k * missed * rows
    seconds = again / (slowest * device.memory.dram_bandwidth.si)
    return Traffic(np.maximum(found.seconds, seconds), np.maximum(found.dram_bytes, again), found.cache_bytes)


def copy_seconds(kernels: Kernels, device: HardwareProfile) -> Column:
    """Seconds of the copies that norms and softmax make of operands that are not contiguous, and of what a convolution then
    brings back into the order of channels-last images: each as much as they move themselves."""
    if not kernels.copies.any():
        return np.zeros(len(kernels))
    stream = np.where(kernels.image, constant("gpu", "image_stream"), constant("gpu", "irregular_stream"))
    return gpu_traffic(kernels.bytes * kernels.copies, device, stream).seconds
