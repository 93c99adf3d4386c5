"""CPU mapper: cores, rates by class of work, caches and DRAM.

A core packs, reorders and loads before it computes, so arithmetic and traffic add up (`estimate/latency.py`); the figures
that `graphperf calibrate` measures are meant so.
"""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_value
from .allocation import Allocations
from .cpu_work import WORK
from .kernels import Column, Kernels, Mask
from .memory import Traffic
from .peaks import vector_peak

_PRODUCTS = frozenset(
    {"matmul", "recurrence", "attention", "convolution", "pointwise-convolution", "depthwise", "grouped"}
)
# The steps of a recurrent layer are products whose weights stay packed: as fast, without a bandwidth of their own.
_RATED_AS = {"recurrence": "matmul"}
_READ_AS_THEY_LIE = 3  # channels
_OF_CONVOLUTIONS = frozenset({"convolution", "pointwise-convolution", "grouped"})


def map_to_cpu(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Allocations:
    """Splits the work evenly over as many cores as have enough of it: blocks of rows (GEMM-like) or of elements."""
    cores = int(device.compute.units.si)
    found = Allocations.empty(cores, len(kernels))
    blocks = kernels.products & ~kernels.depthwise
    pieces = np.where(blocks, _row_blocks(kernels), kernels.elements / constant("cpu", "elements_per_core"))
    # Up to one piece a core, a further core takes what one of them cannot: more work is never faster.
    used = np.minimum(np.maximum(pieces, 1), cores)
    moved, cleared = _traffic(kernels, device), _fresh_bytes(kernels, precision)
    rows, columns = _cache_block(kernels, device, precision)
    found.put(
        np.ones(len(kernels), dtype=np.bool_), units_used=np.ceil(used), tiles=np.ceil(used), waves=1.0, fill=used / cores,
        compute_s=(kernels.flops_by_work / _rates(device, precision)).sum(axis=1) * cores / used,
        memory_s=moved.seconds + _inner_traffic(kernels, device, precision) + cleared / clearing_rate(device),
        tile_rows=np.where(blocks, rows, 0.0), tile_columns=np.where(blocks, columns, 0.0),
        dram_bytes=moved.dram_bytes, cache_bytes=moved.cache_bytes, cleared_bytes=cleared,
    )  # fmt: skip
    return found


def _rates(device: HardwareProfile, precision: Precision) -> Column:
    """Operations a second of all cores, by class of work: as measured, else a fraction of the peak."""
    efficiency, cpu = device.efficiency, device.cpu
    vector = vector_peak(device)
    assert cpu is not None
    peak = device.peak_flops(precision, matrix=True) or vector
    shares: dict[str, float] = dict(constant_value("cpu", "rates"))
    shares["matmul"] = shares["attention"] = efficiency.matrix.si
    convolution = efficiency.convolution or efficiency.matrix
    shares |= dict.fromkeys(_OF_CONVOLUTIONS, convolution.si)
    if efficiency.depthwise is not None:
        shares["depthwise"] = efficiency.depthwise.si
    found: list[float] = []
    for work in WORK:
        scale = peak / vector if work in _PRODUCTS else 1.0
        rated = _RATED_AS.get(work, work)
        measured = cpu.rates.get(rated)
        found.append(scale * (measured.si if measured is not None else shares[rated] * vector))
    return np.array(found)


def _traffic(kernels: Kernels, device: HardwareProfile) -> Traffic:
    """Bytes from where they lie, by size of the kernel's data: L2, the last-level cache, DRAM; slower for some classes."""
    assert device.cpu is not None
    data, speeds = kernels.bytes, device.cpu.bandwidths
    at_most = np.array([speeds[work].si if work in speeds else np.inf for work in WORK])[kernels.work]
    shares = _shares(data, device)
    parts = zip(shares, _level_bandwidths(device), strict=True)
    seconds = sum((data * share / np.minimum(speed, at_most) for share, speed in parts), np.zeros(len(data)))
    streamed = data * shares[2]
    return Traffic(seconds, streamed, data - streamed)


def _level_bandwidths(device: HardwareProfile) -> tuple[float, float, float]:
    """Bytes a second of L2, the last-level cache and DRAM."""
    memory = device.memory
    dram = memory.dram_bandwidth.si * device.efficiency.dram.si * _over_nodes(device)
    last = memory.llc_bandwidth.si if memory.llc_bandwidth is not None else dram * constant("cpu", "cache_ratio")
    return memory.l2_bandwidth.si if memory.l2_bandwidth is not None else last, last, dram


def _shares(data: Column, device: HardwareProfile) -> tuple[Column, Column, Column]:
    memory = device.memory
    return level_shares(data, memory.l2_size.si if memory.l2_size is not None else 0.0, memory.llc_size.si)


def level_shares(data: Column, l2_size: float, llc_size: float) -> tuple[Column, Column, Column]:
    """The shares of a kernel's `data` bytes that L2, the last-level cache and DRAM serve."""
    kept = constant("cpu", "cache_share")
    in_l2 = kept * l2_size / (kept * l2_size + data)
    cached = np.maximum(in_l2, kept * llc_size / (kept * llc_size + data))
    return in_l2, cached - in_l2, 1 - cached


def dispatch_seconds(kernels: Kernels, device: HardwareProfile) -> Column:
    """Seconds in which PyTorch gets to each kernel as an eager operator."""
    assert device.cpu is not None
    known, usual = device.cpu.dispatch, device.launch.eager_dispatch.si
    return np.array([known[work].si if work in known else usual for work in WORK])[kernels.work]


def _inner_traffic(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Column:
    """Seconds of what an operator moves beside its operands and results, where the device has figures for it.

    oneDNN brings the operands of a convolution into blocks of channels and its result back: each is written and read once more,
    and brought in order on the way. Under a compiler the activations stay as they are, the weights do not.
    """
    assert device.cpu is not None
    speeds = device.cpu.bandwidths
    seconds = np.zeros(len(kernels))
    if "reorder" in speeds:
        whole, padded = _blocked(kernels, device, precision)
        levels = zip(_shares(kernels.bytes, device), _level_bandwidths(device), strict=True)
        moved = 2.0 * (whole + padded)
        seconds += sum((moved * share / speed for share, speed in levels), np.zeros(len(kernels)))
        seconds += whole / speeds["reorder"].si + padded / speeds.get("reorder-padded", speeds["reorder"]).si
    if "reorder-weights" in speeds:
        seconds += np.where(kernels.contiguous_convolution, _filters(kernels), 0.0) / speeds["reorder-weights"].si
    if "weights" in speeds:
        seconds += np.where(kernels.contiguous_convolution, 0.0, _filters(kernels)) / speeds["weights"].si
    return seconds


def _blocked(kernels: Kernels, device: HardwareProfile, precision: Precision) -> tuple[Column, Column]:
    """`in_blocks` of convolutions on contiguous images."""
    assert device.cpu is not None
    made = kernels.batch * kernels.m * kernels.n * kernels.groups * precision.bytes
    given = np.maximum(0.0, kernels.bytes_activations - made)
    channels = np.floor_divide(kernels.k, np.maximum(1.0, kernels.taps)) * kernels.groups
    lanes = device.cpu.vector_bits.si / 32
    parts = in_blocks(given, channels, made, kernels.n * kernels.groups, lanes)
    whole, padded = (np.where(kernels.contiguous_convolution, part, 0.0) for part in parts)
    return whole, padded


def in_blocks(
    given: Column, given_channels: Column, made: Column, made_channels: Column, lanes: float
) -> tuple[Column, Column]:
    """Bytes of the images that convolutions bring into blocks of `lanes` channels and back: of those that fill the blocks, and
    of others, whose order a slower kernel changes. Images of up to three channels are read as they lie (oneDNN)."""
    given = np.where(given_channels > _READ_AS_THEY_LIE, given, 0.0)
    padded = given * (given_channels % lanes > 0) + made * (made_channels % lanes > 0)
    return given + made - padded, padded


def clearing_rate(device: HardwareProfile) -> float:
    """Bytes a second of pages that the system clears: as measured, else so many a core."""
    assert device.cpu is not None
    measured = device.cpu.bandwidths.get("fresh")
    return measured.si if measured is not None else constant("cpu", "cleared_per_core") * device.compute.units.si


def _fresh_bytes(kernels: Kernels, precision: Precision) -> Column:
    """Bytes in pages that the system has just cleared, since the allocator returned results beyond glibc's threshold, and the
    free end of its heap: as the heap was followed, else large results, and what convolutions and weights are reordered into."""
    if (kernels.cleared >= 0).all():
        return kernels.cleared
    results = kernels.fresh * precision.bytes
    operands = np.maximum(0.0, kernels.bytes_activations - results)
    blocked = np.where(_reordered(kernels), large(results) + large(operands), 0.0)
    # A convolution over single elements brings its result into blocks as well; both are freed at once, at the heap's end.
    pointwise = kernels.contiguous_convolution & (kernels.taps == 1)
    return np.where(pointwise, large(2 * results), large(results) + blocked) + large(_filters(kernels))


def _filters(kernels: Kernels) -> Column:
    """Bytes of the weights of convolutions."""
    return np.where(kernels.of_family("convolution"), kernels.bytes_weights, 0.0)


def large(data: Column) -> Column:
    """The bytes of blocks that the allocator returns to the system when they are freed, else 0."""
    return np.where(data >= constant("cpu", "kept_bytes"), data, 0.0)


def _reordered(kernels: Kernels) -> Mask:
    """Convolutions with a window on contiguous tensors, whose operands in blocks are memory of their own beside the results."""
    return kernels.contiguous_convolution & (kernels.taps > 1)


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
