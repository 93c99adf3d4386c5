"""KPU mapper: result blocks on tiles of processing elements, each with a scratchpad; weights stay on the chip if they fit.

A tile works on a block of the result. Its accumulators and two slices of each operand (one used, one arriving) lie in the
tile's scratchpad: block · 4 B + 2 · (rows + columns) · slice · width ≤ scratchpad. Operands that several tiles need travel
over the links between tiles.
"""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant
from .allocation import Allocations
from .kernels import Column, Kernels, Mask
from .memory import held_share, traffic
from .peaks import vector_peak

_MULTIPLES = (1, 2, 4, 8, 16)
_ACCUMULATOR_BYTES = 4


def map_to_kpu(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Allocations:
    """Matrix products on arrays, everything else streams through the tiles."""
    assert device.kpu is not None
    tiles = device.kpu.tiles_for(precision) or int(device.compute.units.si)
    found = Allocations.empty(tiles, len(kernels))
    arrays = kernels.products & ~kernels.depthwise
    passed, between = np.zeros(len(kernels)), np.zeros(len(kernels))
    if arrays.any():
        passed[arrays], between[arrays] = _on_arrays(found, arrays, kernels.where(arrays), device, precision)
    if (~arrays).any():
        _streaming(found, ~arrays, kernels.where(~arrays), device, precision)
    _move(found, kernels, passed, between, device)
    return found


def resident_share(kernels: Kernels, device: HardwareProfile) -> float:
    """The share of the model's weights that stays on the chip beside what it works on; the rest streams in every run."""
    weights = kernels.bytes_weights
    return held_share(float(weights.sum()), constant("kpu", "weight_share") * device.memory.llc_size.si)


def _on_arrays(
    found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision
) -> tuple[Column, Column]:
    """The fastest block that the scratchpad holds; returns the bytes that pass between tiles, and the seconds they take."""
    assert device.kpu is not None
    height, width = device.kpu.array_rows.si, device.kpu.array_columns.si
    slices = np.minimum(kernels.k, constant("kpu", "slice"))
    peak = device.peak_flops(precision, matrix=True) or device.peak_flops(Precision.FP32, matrix=True)
    assert peak is not None, f"{device.id} has no peak for {precision.value}"
    rate = peak * device.efficiency.matrix.si / found.units
    link = _link_bandwidth(device, found.units)
    best = np.full(len(kernels), np.inf)
    columns = {
        name: np.zeros(len(kernels))
        for name in ("tiles", "waves", "alignment", "tile_rows", "tile_columns", "compute_s", "passed", "between")
    }
    for multiple in _MULTIPLES:
        block_rows, block_columns = height * multiple, width * multiple
        held = block_rows * block_columns * _ACCUMULATOR_BYTES
        fits = held + 2 * (block_rows + block_columns) * slices * precision.bytes <= device.kpu.scratchpad_per_tile.si
        blocks = np.ceil(kernels.m / block_rows) * np.ceil(kernels.n / block_columns) * kernels.batch * kernels.groups
        waves = np.ceil(blocks / found.units)
        seconds = waves * 2 * block_rows * block_columns * (kernels.k + height + width) / rate
        across, down = np.ceil(kernels.n / block_columns), np.ceil(kernels.m / block_rows)
        passed = (across * kernels.m + down * kernels.n) * kernels.k * kernels.batch * kernels.groups * precision.bytes
        edges = np.minimum(block_rows, kernels.m) + np.minimum(block_columns, kernels.n)
        between = waves * edges * kernels.k * precision.bytes / link
        # A tile waits for the edges of its own block. Both times grow with the rows whatever the block, so their least does:
        # more batch is never faster.
        slowest = np.maximum(seconds, between)
        better = fits & (slowest < best) if multiple > 1 else np.ones(len(kernels), dtype=np.bool_)
        useful = kernels.m * kernels.n * kernels.k * kernels.batch * kernels.groups
        executed = blocks * block_rows * block_columns * kernels.k
        best[better] = slowest[better]
        for name, values in (("tiles", blocks), ("waves", waves), ("alignment", np.minimum(1.0, useful / executed)),
                             ("tile_rows", np.full_like(best, block_rows)),
                             ("tile_columns", np.full_like(best, block_columns)),
                             ("compute_s", seconds), ("passed", passed), ("between", between)):  # fmt: skip
            columns[name][better] = values[better]
    blocks, waves = columns["tiles"], columns["waves"]
    passed, between = columns.pop("passed"), columns.pop("between")
    found.put(rows, units_used=np.minimum(found.units, blocks), fill=blocks / (waves * found.units), **columns)
    return passed, between


def _streaming(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """Elements are spread over the tiles, at least one for each processing element of a tile."""
    assert device.kpu is not None
    pieces = np.maximum(1.0, kernels.elements / (device.kpu.array_rows.si * device.kpu.array_columns.si))
    tiles = np.ceil(pieces)
    used = np.minimum(found.units, tiles)
    rate = vector_peak(device, precision)
    waves = np.ceil(tiles / found.units)
    found.put(
        rows, units_used=used, tiles=tiles, waves=waves, fill=tiles / (waves * found.units),
        alignment=np.minimum(1.0, kernels.elements / (tiles * device.kpu.array_rows.si * device.kpu.array_columns.si)),
        compute_s=kernels.flops / (rate * np.minimum(1.0, pieces / found.units)),
    )  # fmt: skip


def _move(found: Allocations, kernels: Kernels, passed: Column, between: Column, device: HardwareProfile) -> None:
    """DRAM, the scratchpads, and the links between tiles, which run side by side: the slowest decides."""
    memory = device.memory
    dram = memory.dram_bandwidth.si * device.efficiency.dram.si
    cache = _scratchpad_bandwidth(device)
    weights = kernels.bytes_weights
    kept = weights * resident_share(kernels, device)
    moved = traffic(kernels.bytes - kept, constant("kpu", "cache_share") * memory.llc_size.si, dram, cache)
    found.memory_s[:] = np.maximum(moved.seconds + kept / cache, between)
    found.dram_bytes[:] = moved.dram_bytes
    found.cache_bytes[:] = moved.cache_bytes + kept + passed


def _scratchpad_bandwidth(device: HardwareProfile) -> float:
    """Bytes a second of all scratchpads together."""
    memory = device.memory
    if memory.llc_bandwidth is not None:
        return memory.llc_bandwidth.si
    return memory.dram_bandwidth.si * device.efficiency.dram.si * constant("kpu", "cache_ratio")


def _link_bandwidth(device: HardwareProfile, tiles: int) -> float:
    """Bytes a second that a tile receives from others."""
    assert device.kpu is not None
    link = device.kpu.link_bandwidth
    return link.si if link is not None else _scratchpad_bandwidth(device) / tiles
