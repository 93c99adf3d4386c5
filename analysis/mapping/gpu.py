"""GPU mapper: tiles on SMs in waves, tensor cores or vector units, two-level memory.

Structure and constants: `docs/architecture.md`, section "How a GPU kernel is timed"; figures in `constants.toml`.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_value
from .allocation import Allocations
from .kernels import Column, Kernels, Mask
from .memory import Traffic, traffic
from .occupancy import resident_threads, resident_tiles

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
    for rows, regime in ((tiled, _tiled), (skinny, _skinny), (kernels.depthwise, _depthwise), (streaming, _streaming)):
        if rows.any():
            regime(found, rows, kernels.where(rows), device, precision)
    return found


def gpu_traffic(data: Column, device: HardwareProfile, stream: float | Column) -> Traffic:
    """Seconds and bytes of `data`; `stream` is the access pattern relative to a streaming copy."""
    memory = device.memory
    fallback = _peak(device, Precision.FP32, matrix=False) * constant("gpu", "cache_flop_ratio")
    cache = memory.llc_bandwidth.si if memory.llc_bandwidth is not None else fallback
    dram = stream * device.efficiency.dram.si * memory.dram_bandwidth.si
    return traffic(data, constant("gpu", "cache_kappa") * memory.llc_size.si, dram, np.maximum(cache, dram))


def _peak(device: HardwareProfile, precision: Precision, *, matrix: bool) -> float:
    """FLOP/s; a precision the device lacks runs as FP32, its storage still at the narrow width."""
    peak = device.peak_flops(precision, matrix) or device.peak_flops(Precision.FP32, matrix=False)
    assert peak is not None, f"{device.id} has no FP32 peak"
    return peak


def _matrix_rate(device: HardwareProfile, precision: Precision) -> float:
    """Reached FLOP/s of GEMM-like kernels: on the matrix unit where it takes the precision, else on the vector units."""
    if precision in device.compute.matrix:
        efficiency = device.efficiency.convolution or device.efficiency.matrix
        return _peak(device, precision, matrix=True) * efficiency.si
    return _peak(device, precision, matrix=False) * constant("gpu", "vector_rate")


def _tiled(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """The best of a set of CTA tiles, with split-K where there are fewer tiles than SMs."""
    units = found.units
    attention = kernels.of_family("attention")
    rate = _matrix_rate(device, precision) * np.where(attention, constant("gpu", "attention_rate"), 1.0)
    step, prologue = constant("gpu", "split_k_step"), constant("gpu", "k_prologue")
    prologue = prologue if precision in device.compute.matrix else 0.0
    n, k = _padded(kernels.n, 8), _padded(np.floor_divide(kernels.k, kernels.taps), 8) * kernels.taps
    batch = kernels.batch * kernels.groups
    height, width, relative = _tiles()
    whole = np.ceil(kernels.m / height) * np.ceil(n / width) * batch
    most = np.where(attention, 1.0, np.floor_divide(k, step))
    split = np.where(attention, 1.0, np.maximum(1.0, np.minimum(np.floor_divide(units, np.maximum(whole, 1.0)), most)))
    pieces = whole * split
    rounds = np.ceil(pieces / units)
    tile_rate = relative * rate / units
    seconds = rounds * 2.0 * height * width * (k / split + prologue) / tile_rate
    best = np.argmin(seconds, axis=0)
    chosen = (best, np.arange(len(kernels)))
    resident = resident_tiles(device, precision)[best]
    executed = np.maximum(2.0 * whole * height * width * k, 1.0)  # an empty result takes none
    moved = _memory(kernels, device)
    found.put(
        rows, units_used=np.minimum(units, pieces[chosen]), tiles=pieces[chosen],
        waves=np.ceil(pieces[chosen] / (units * resident)), fill=pieces[chosen] / (rounds[chosen] * units),
        compute_s=seconds[chosen], memory_s=moved.seconds + _layout_seconds(kernels, device, precision),
        alignment=np.minimum(1.0, 2.0 * kernels.batch * kernels.groups * kernels.m * kernels.n * kernels.k / executed[chosen]),
        tile_rows=height[best, 0], tile_columns=width[best, 0], resident=resident,
        dram_bytes=moved.dram_bytes, cache_bytes=moved.cache_bytes,
    )  # fmt: skip


@cache
def _tiles() -> tuple[Column, Column, Column]:
    """Rows, columns and relative rate of each CTA tile, one below the other."""
    tiles: list[tuple[int, int]] = constant_value("gpu", "tiles")
    relative: dict[str, float] = constant_value("gpu", "tile_rate")
    sides = (*zip(*tiles, strict=True), [relative[str(rows * columns)] for rows, columns in tiles])
    height, width, rate = (np.array(side, dtype=np.float64)[:, None] for side in sides)
    return height, width, rate


def _layout_seconds(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Column:
    """Half-precision convolutions of contiguous (NCHW) tensors convert to channels-last and back in eager mode."""
    if precision not in (Precision.FP16, Precision.BF16):
        return np.zeros(len(kernels))
    bandwidth = constant("gpu", "matmul_stream") * device.efficiency.dram.si * device.memory.dram_bandwidth.si
    converted = 2 * kernels.bytes_activations * kernels.contiguous_convolution
    return constant("gpu", "layout_conversion") * converted / bandwidth


def _skinny(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """Few rows or columns (a matrix-vector product): vector units, one warp a result, the matrix streams once."""
    units = found.units
    results = kernels.batch * kernels.groups * kernels.m * kernels.n
    tiles = np.maximum(1.0, np.ceil(results / _WARPS_PER_CTA))
    used = np.minimum(units, tiles)
    rate = _peak(device, Precision.FP32, matrix=False) * constant("gpu", "vector_rate") * used / units
    resident = resident_threads(device, _THREADS_PER_CTA)
    moved = _memory(kernels, device)
    useful = results / (tiles * _WARPS_PER_CTA)
    found.put(
        rows, units_used=used, tiles=tiles, waves=np.ceil(tiles / (units * resident)), fill=np.minimum(1.0, tiles / units),
        compute_s=kernels.flops / (rate * useful), memory_s=moved.seconds, alignment=useful, resident=resident,
        dram_bytes=moved.dram_bytes, cache_bytes=moved.cache_bytes,
    )  # fmt: skip


def _memory(kernels: Kernels, device: HardwareProfile) -> Traffic:
    """A kernel's traffic, at the rate that its family's access pattern reaches."""
    stream = np.full(len(kernels), constant("gpu", "pointwise_stream"))
    stream[kernels.of_family("convolution", "matmul", "attention")] = constant("gpu", "matmul_stream")
    stream[kernels.of_family("pool")] = constant("gpu", "irregular_stream")
    return gpu_traffic(kernels.bytes, device, stream)


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
    rate = share * _peak(device, Precision.FP32, matrix=False) * found.fill[rows] * found.alignment[rows]
    moved = gpu_traffic(kernels.bytes, device, constant("gpu", "depthwise_stream"))
    found.compute_s[rows] = outputs * (kernels.taps + 2) / rate
    _put_traffic(found, rows, moved)


def _streaming(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """Elementwise, norms, reductions, copies: one CTA for a block of elements."""
    _fill(found, rows, kernels.elements, device)
    rate = _peak(device, Precision.FP32, matrix=False) * constant("gpu", "vector_rate")
    found.compute_s[rows] = kernels.flops / (rate * found.fill[rows] * found.alignment[rows])
    _put_traffic(found, rows, _memory(kernels, device))


def _put_traffic(found: Allocations, rows: Mask, moved: Traffic) -> None:
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


def _padded(values: Column, multiple: int) -> Column:
    return np.ceil(values / multiple) * multiple
