"""GPU mapper: tiles on SMs in waves, tensor cores or vector units, two-level memory.

Structure and constants: `docs/architecture.md`, section "How a GPU kernel is timed"; figures in `constants.toml`.
"""

from __future__ import annotations

from math import ceil

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_value
from .allocation import Allocation, Kernel

_STREAM = {
    "convolution": "matmul_stream",
    "matmul": "matmul_stream",
    "attention": "matmul_stream",
    "pool": "irregular_stream",
}
_LARGE_KERNEL = 49
_SKINNY = 8  # rows or columns below which a tile of the matrix unit would be mostly padding
_WARPS_PER_CTA = 8
_CTAS_PER_SM = 8


def map_to_gpu(kernel: Kernel, device: HardwareProfile, precision: Precision) -> Allocation:
    """Chooses the regime by the kernel's family."""
    if kernel.depthwise:
        return _depthwise(kernel, device, precision)
    if kernel.gemm is not None and kernel.gemm.macs > 0:
        skinny = kernel.family == "matmul" and min(kernel.gemm.m, kernel.gemm.n) < _SKINNY
        return _skinny(kernel, device, precision) if skinny else _tiled(kernel, device, precision)
    return _streaming(kernel, device, precision)


def memory_seconds(data: float, device: HardwareProfile, stream: float) -> float:
    """Seconds to move `data` bytes: the share that L2 holds at L2 bandwidth, the rest at the bandwidth DRAM reaches.

    `stream` is the kernel's access pattern relative to a streaming copy.
    """
    memory = device.memory
    held = 1 / (1 + data / (constant("gpu", "cache_kappa") * memory.llc_size.si))
    fallback = _peak(device, Precision.FP32, matrix=False) * constant("gpu", "cache_flop_ratio")
    cache_bandwidth = memory.llc_bandwidth.si if memory.llc_bandwidth is not None else fallback
    dram = stream * device.efficiency.dram.si * memory.dram_bandwidth.si
    return data * (1 - held) / dram + data * held / max(cache_bandwidth, dram)


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


def _tiled(kernel: Kernel, device: HardwareProfile, precision: Precision) -> Allocation:
    """The best of a set of CTA tiles, with split-K where there are fewer tiles than SMs."""
    gemm, units = kernel.gemm, int(device.compute.units.si)
    assert gemm is not None
    rate = _matrix_rate(device, precision) * (
        constant("gpu", "attention_rate") if kernel.family == "attention" else 1.0
    )
    relative: dict[str, float] = constant_value("gpu", "tile_rate")
    step, prologue = constant("gpu", "split_k_step"), constant("gpu", "k_prologue")
    prologue = prologue if precision in device.compute.matrix else 0.0
    m, n, k = gemm.m, _padded(gemm.n, 8), _padded(gemm.k // gemm.taps, 8) * gemm.taps
    batch = gemm.batch * gemm.groups
    memory = _memory(kernel, device) + _layout_seconds(kernel, device, precision)
    best: Allocation | None = None
    for tile_m, tile_n in constant_value("gpu", "tiles"):
        tiles = ceil(m / tile_m) * ceil(n / tile_n) * batch
        split = 1 if kernel.family == "attention" else max(1, min(units // max(tiles, 1), int(k // step)))
        pieces = tiles * split
        waves = ceil(pieces / units)
        flops = 2.0 * tile_m * tile_n * (k / split + prologue)
        seconds = waves * flops / (rate / units * relative[str(tile_m * tile_n)])
        if best is None or seconds < best.compute_s:
            executed = 2.0 * tiles * tile_m * tile_n * k
            best = Allocation(
                units, min(units, pieces), pieces, waves, pieces / max(waves * units, 1), seconds,
                memory, min(1.0, 2.0 * gemm.macs / max(executed, 1.0)), (tile_m, tile_n),
            )  # fmt: skip
    assert best is not None
    return best


def _layout_seconds(kernel: Kernel, device: HardwareProfile, precision: Precision) -> float:
    """Half-precision convolutions of contiguous (NCHW) tensors convert to channels-last and back in eager mode."""
    if not kernel.contiguous_convolution or precision not in (Precision.FP16, Precision.BF16):
        return 0.0
    bandwidth = constant("gpu", "matmul_stream") * device.efficiency.dram.si * device.memory.dram_bandwidth.si
    return constant("gpu", "layout_conversion") * 2 * kernel.bytes_activations / bandwidth


def _skinny(kernel: Kernel, device: HardwareProfile, precision: Precision) -> Allocation:
    """Few rows or columns (a matrix-vector product): vector units, one warp a result, the matrix streams once."""
    units = int(device.compute.units.si)
    gemm = kernel.gemm
    assert gemm is not None
    tiles = max(1, ceil(gemm.batch * gemm.groups * gemm.m * gemm.n / _WARPS_PER_CTA))
    used = min(units, tiles)
    rate = _peak(device, Precision.FP32, matrix=False) * constant("gpu", "vector_rate") * used / units
    waves = ceil(tiles / (units * _CTAS_PER_SM))
    return Allocation(units, used, tiles, waves, min(1.0, tiles / units), kernel.flops / rate, _memory(kernel, device))


def _memory(kernel: Kernel, device: HardwareProfile) -> float:
    return memory_seconds(kernel.bytes, device, constant("gpu", _STREAM.get(kernel.family, "pointwise_stream")))


def _depthwise(kernel: Kernel, device: HardwareProfile, precision: Precision) -> Allocation:
    """No reduction over channels: vector units, `taps + 2` operations an output."""
    gemm = kernel.gemm
    assert gemm is not None
    name = "depthwise_rate" if gemm.taps <= _LARGE_KERNEL else "depthwise_rate_large"
    efficiency = device.efficiency.depthwise
    share = efficiency.si if efficiency is not None and gemm.taps <= _LARGE_KERNEL else constant("gpu", name)
    outputs = gemm.m * gemm.n * gemm.groups
    fill = _fill(outputs, device)
    compute = (
        outputs * (gemm.taps + 2) / (share * _peak(device, Precision.FP32, matrix=False)) / min(1.0, fill[3] or 1.0)
    )
    memory = memory_seconds(kernel.bytes, device, constant("gpu", "depthwise_stream"))
    units, used, tiles, share_filled, waves = fill
    return Allocation(units, used, tiles, waves, share_filled, compute, memory)


def _streaming(kernel: Kernel, device: HardwareProfile, precision: Precision) -> Allocation:
    """Elementwise, norms, reductions, copies: one CTA for a block of elements."""
    units, used, tiles, filled, waves = _fill(kernel.elements, device)
    rate = _peak(device, Precision.FP32, matrix=False) * constant("gpu", "vector_rate") * (used / units)
    return Allocation(units, used, tiles, waves, filled, kernel.flops / rate, _memory(kernel, device))


def _fill(elements: int, device: HardwareProfile) -> tuple[int, int, int, float, int]:
    """(SMs, SMs with work, CTAs, filled share of SM slots, waves), at full occupancy of each SM."""
    units = int(device.compute.units.si)
    tiles = max(1, ceil(elements / constant("gpu", "elements_per_cta")))
    threads = device.gpu.max_threads_per_sm.si if device.gpu is not None else 2048
    resident = units * max(1, int(threads // 256))
    return units, min(units, tiles), tiles, min(1.0, tiles / units), ceil(tiles / resident)


def _padded(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
