"""TPU mapper: weight-stationary systolic arrays, vector units, CMEM or VMEM, HBM.

A matrix product (M × K) by (K × N) loads tiles of the weights, S × S, into arrays of S rows and columns, and streams the M
rows through each. Loading the next tile overlaps with streaming, so a tile takes max(M, load) cycles, and the pipeline
fills and drains once: 2·S cycles (jax-ml/scaling-book, tpus.md; Jouppi et al., ISCA 2017).
"""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant
from .allocation import Allocations
from .kernels import Kernels, Mask
from .memory import traffic
from .peaks import vector_peak


def map_to_tpu(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Allocations:
    """Matrix products on the arrays, everything else on the vector units."""
    found = Allocations.empty(int(device.compute.units.si), len(kernels))
    arrays = kernels.products & ~kernels.depthwise
    for rows, regime in ((arrays, _on_arrays), (~arrays, _on_vector_units)):
        if rows.any():
            regime(found, rows, kernels.where(rows), device, precision)
    memory = device.memory
    dram = memory.dram_bandwidth.si * device.efficiency.dram.si
    cache = memory.llc_bandwidth.si if memory.llc_bandwidth is not None else dram * constant("tpu", "cache_ratio")
    moved = traffic(kernels.bytes, constant("tpu", "cache_share") * memory.llc_size.si, dram, cache)
    found.memory_s[:], found.dram_bytes[:], found.cache_bytes[:] = moved
    return found


def _on_arrays(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """Tiles of weights on arrays; where there are fewer than arrays, the streamed rows are split among them."""
    assert device.tpu is not None
    size = device.tpu.array_size.si
    load = device.tpu.weight_load.si if device.tpu.weight_load is not None else size
    lanes = constant("tpu", "sublanes")
    streamed = np.ceil(kernels.m / lanes) * lanes
    tiles = np.ceil(kernels.k / size) * np.ceil(kernels.n / size) * kernels.batch * kernels.groups
    # No finer than the time to load a tile of weights, which each piece takes at least.
    split = np.minimum(np.maximum(1.0, np.floor_divide(found.units, tiles)), np.ceil(streamed / load))
    pieces = tiles * split
    waves = np.ceil(pieces / found.units)
    cycles = waves * np.maximum(np.ceil(streamed / split), load) + 2 * size
    rate = _peak(device, precision) * device.efficiency.matrix.si / (found.units * 2 * size * size)
    useful = kernels.m * kernels.k * kernels.n * kernels.batch * kernels.groups
    found.put(
        rows, units_used=np.minimum(found.units, pieces), tiles=pieces, waves=waves, fill=pieces / (waves * found.units),
        compute_s=cycles / rate, alignment=np.minimum(1.0, useful / (tiles * size * size * streamed)),
        tile_rows=size, tile_columns=size,
    )  # fmt: skip


def _on_vector_units(
    found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision
) -> None:
    """Elements in registers of 8 × 128; depthwise convolutions too, which have nothing to reduce over channels."""
    assert device.tpu is not None
    cores = device.tpu.cores.si
    registers = np.maximum(1.0, kernels.elements / constant("tpu", "vector_register"))
    tiles = np.ceil(registers)
    used = np.minimum(cores, tiles) * device.tpu.arrays_per_core.si
    rate = vector_peak(device, precision)
    found.put(
        rows, units_used=used, tiles=tiles, waves=np.ceil(tiles / cores), fill=used / found.units,
        alignment=np.minimum(1.0, kernels.elements / (tiles * constant("tpu", "vector_register"))),
        compute_s=kernels.flops / (rate * constant("tpu", "vector_rate") * np.minimum(1.0, registers / cores)),
    )  # fmt: skip


def _peak(device: HardwareProfile, precision: Precision) -> float:
    peak = device.peak_flops(precision, matrix=True)
    assert peak is not None, f"{device.id} has no peak for {precision.value}"
    return peak
