"""Batched products on vector units: a CTA computes some rows of one product by all its columns."""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_of_family
from .allocation import Allocations
from .gpu_products import product_rate, rounds_of
from .kernels import Kernels, Mask
from .occupancy import resident_threads

_THREADS = 256


def map_strips(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    """Strips in rounds on all units; columns are shared among a few CTAs where there are fewer strips than units.

    Rows and reduction steps are padded, columns are not: each strip takes as long as a few columns more.
    """
    height = constant_of_family("gpu", "strip_rows", device.family)
    steps = constant_of_family("gpu", "strip_steps", device.family)
    deep = np.ceil(kernels.k / steps) * steps
    strips = kernels.batch * np.ceil(kernels.m / height)
    split = np.clip(np.floor_divide(found.units, strips), 1.0, constant("gpu", "strip_splits"))
    pieces, width = strips * split, kernels.n / split
    rounds = rounds_of(pieces / found.units)
    taken = deep + constant_of_family("gpu", "strip_prologue", device.family)
    rate = constant("gpu", "strip_rate") * product_rate(kernels, device, precision)
    resident = resident_threads(device, _THREADS)
    found.put(
        rows, units_used=np.minimum(found.units, pieces), tiles=pieces, waves=np.ceil(pieces / (found.units * resident)),
        fill=np.minimum(1.0, pieces / (rounds * found.units)),
        compute_s=rounds * 2 * height * (width + constant("gpu", "strip_columns")) * taken * found.units / rate
        + constant("gpu", "tile_start"),
        alignment=kernels.batch * kernels.m * kernels.k / (strips * height * deep),
        tile_rows=np.full(len(kernels), height), tile_columns=width, resident=resident,
    )  # fmt: skip
