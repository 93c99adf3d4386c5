"""Matrix products on vector units: single ones shared evenly among the SMs, batched ones in strips of rows."""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_of_family
from .allocation import Allocations
from .gpu_products import product_rate
from .gpu_tiles import rounds_of
from .kernels import Column, Kernels, Mask
from .occupancy import resident_threads
from .peaks import vector_peak

_THREADS = 256
_TILE = 128
_VECTOR = 8  # elements; rows of 4 differ little from others


def map_even(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """Single products, which are also split along their reduction: no rounds of tiles show, only their edges.

    Rows are padded, and edges cost as much as some more rows, columns and steps, whatever the sizes.
    """
    extra_m, extra_n, extra_k = (constant("gpu", f"even_{name}") for name in ("rows", "columns", "steps"))
    side = np.where(kernels.m <= _TILE, _TILE / 4, _TILE / 2)
    executed = (np.ceil(kernels.m / side) * side + extra_m) * (kernels.n + extra_n) * (kernels.k + extra_k)
    tiles = np.ceil(kernels.m / _TILE) * np.ceil(kernels.n / _TILE)
    pieces = tiles * np.maximum(1.0, np.floor_divide(kernels.k, constant("gpu", "split_k_step")))
    resident = resident_threads(device, _THREADS)
    found.put(
        rows, units_used=np.minimum(found.units, pieces), tiles=pieces, waves=np.ceil(pieces / (found.units * resident)),
        fill=np.minimum(1.0, pieces / found.units),
        compute_s=2.0 * executed / product_rate(kernels, device, precision) + constant("gpu", "tile_start"),
        alignment=kernels.m * kernels.n * kernels.k / executed,
        tile_rows=np.full(len(kernels), _TILE), tile_columns=np.full(len(kernels), _TILE), resident=resident,
    )  # fmt: skip


def map_strips(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """Batched products: a CTA computes some rows of one product by all its columns over some reduction steps, in rounds on all
    units.

    Rows and reduction steps are padded, columns are not: each strip takes as long as a few columns more. Long reductions are
    split, short ones are not, however few units their strips fill.
    """
    height = constant_of_family("gpu", "strip_rows", device.family)
    steps = constant_of_family("gpu", "strip_steps", device.family)
    deep = np.ceil(kernels.k / steps) * steps
    strips = kernels.batch * np.ceil(kernels.m / height)
    split = np.ceil(kernels.k / constant_of_family("gpu", "strip_split", device.family))
    pieces = strips * split
    rounds = rounds_of(pieces / found.units)
    multiplied = height * (kernels.n + _edge("strip_columns", kernels, device))
    taken = (deep + _edge("strip_prologue", kernels, device)) / split
    relative, most = constant_of_family("gpu", "strip_rate", device.family), constant("gpu", "strip_most")
    reached = np.minimum(relative * product_rate(kernels, device, precision), most * vector_peak(device, precision))
    rate = reached / found.units
    resident = resident_threads(device, _THREADS)
    found.put(
        rows, units_used=np.minimum(found.units, pieces), tiles=pieces, waves=np.ceil(pieces / (found.units * resident)),
        fill=np.minimum(1.0, pieces / (rounds * found.units)),
        compute_s=rounds * 2 * multiplied * taken / rate + constant("gpu", "tile_start"),
        alignment=kernels.batch * kernels.m * kernels.k / (strips * height * deep),
        tile_rows=np.full(len(kernels), height), tile_columns=kernels.n, resident=resident,
    )  # fmt: skip


def _edge(name: str, kernels: Kernels, device: HardwareProfile) -> Column:
    """Columns or steps that a strip takes as long as: fewer where whole vectors are loaded and stored."""
    whole = (kernels.n % _VECTOR == 0) & (kernels.k % _VECTOR == 0)
    aligned, others = (constant_of_family("gpu", key, device.family) for key in (f"{name}_aligned", name))
    return np.where(whole, aligned, others)
