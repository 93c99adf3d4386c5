"""Matrix products on a GPU: CTA tiles in waves on tensor cores or vector units, and convolutions by their algorithm."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_value
from .allocation import Allocations
from .gpu_memory import dram_seconds
from .kernels import Column, Kernels, Mask
from .occupancy import resident_tiles
from .peaks import vector_peak

_CONVERTED = (Precision.FP16, Precision.BF16, Precision.TF32)
_FEW_CHANNELS = 8


class Tiled(NamedTuple):
    """The chosen tile of each product: its index, how many pieces they are, rounds on all units, seconds."""

    tile: NDArray[np.intp]
    pieces: Column
    rounds: Column
    seconds: Column


def map_products(
    found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision
) -> None:
    """The best of a set of CTA tiles, with split-K where there are fewer tiles than SMs."""
    matrix = precision in device.compute.matrix
    n, padded = _padded(kernels.n, 8), _padded(np.floor_divide(kernels.k, kernels.taps), 8) * kernels.taps
    n, batch = n * kernels.groups, kernels.batch  # a tile holds the outputs of several groups
    rate = product_rate(kernels, device, precision)
    chosen = _tiled(kernels.m, n, padded, batch, rate, kernels, device, matrix=matrix)
    height, width, _ = tiles(matrix)
    resident = resident_tiles(device, precision)[chosen.tile]
    winograd = np.full(len(kernels), np.inf) if matrix else _winograd_seconds(kernels, device, rate)
    seconds = np.minimum(chosen.seconds, winograd)
    multiplied = 36 * kernels.winograd / np.maximum(1.0, 9 * kernels.m)
    side = height[chosen.tile, 0], width[chosen.tile, 0]
    executed = 2.0 * batch * _padded_to(kernels.m, side[0]) * _padded_to(n, side[1]) * padded
    useful = 2.0 * kernels.batch * kernels.groups * kernels.m * kernels.n * kernels.k
    found.put(
        rows, units_used=np.minimum(found.units, chosen.pieces), tiles=chosen.pieces,
        waves=np.ceil(chosen.pieces / (found.units * resident)),
        fill=np.minimum(1.0, chosen.pieces / (chosen.rounds * found.units)),
        compute_s=seconds + constant("gpu", "tile_start"), conversion_s=_layout_seconds(kernels, device, precision),
        spared=np.where(winograd < chosen.seconds, np.maximum(0.0, 1 - multiplied), 0.0),
        alignment=np.minimum(1.0, useful / np.maximum(1.0, executed)),
        tile_rows=side[0], tile_columns=side[1], resident=resident,
    )  # fmt: skip


def product_rate(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Column:
    """Reached FLOP/s of products: on the matrix unit where it takes the precision, else on the vector units."""
    rate = np.ones(len(kernels))
    rate[kernels.of_family("attention")] = constant("gpu", "attention_rate")
    if precision not in device.compute.matrix:
        reached = device.efficiency.vector_matmul
        return (
            rate
            * vector_peak(device, precision)
            * (reached.si if reached is not None else constant("gpu", "vector_matmul_rate"))
        )
    convolutions = kernels.of_family("convolution")
    rate[~convolutions] *= constant("gpu", "product_rate")
    rate[convolutions & (kernels.groups > 1)] *= constant("gpu", "grouped_rate")
    rate[convolutions & (kernels.k < _FEW_CHANNELS * kernels.taps)] *= constant("gpu", "few_channels_rate")
    efficiency = device.efficiency.convolution or device.efficiency.matrix
    return rate * device.compute.matrix[precision].si * efficiency.si


def _tiled(
    m: Column,
    n: Column,
    k: Column,
    batch: Column,
    rate: Column,
    kernels: Kernels,
    device: HardwareProfile,
    *,
    matrix: bool,
) -> Tiled:
    units = int(device.compute.units.si)
    attention = kernels.of_family("attention")
    height, width, relative = tiles(matrix)
    prologue = (
        constant("gpu", "k_prologue") if matrix else np.where(batch > 1, 0.0, constant("gpu", "k_prologue_vector"))
    )
    whole = np.ceil(m / height) * np.ceil(n / width) * batch
    most = np.where(attention, 1.0, np.floor_divide(k, constant("gpu", "split_k_step")))
    split = np.maximum(1.0, np.minimum(np.floor_divide(units, np.maximum(whole, 1.0)), most))
    pieces = whole * split
    rounds = rounds_of(pieces / units)
    seconds = rounds * 2.0 * height * width * (k / split + prologue) / (relative * rate / units)
    best = np.argmin(seconds, axis=0)
    chosen = (best, np.arange(len(m)))
    return Tiled(best, pieces[chosen], rounds[chosen], seconds[chosen])


def rounds_of(full: Column) -> Column:
    """Rounds on all units: a part of the last round's idle slots is filled, as units hold several tiles at different stages."""
    idle = constant("gpu", "tail")
    return np.maximum(1.0, full * (1 - idle) + np.ceil(full) * idle)


def tiles(matrix: bool) -> tuple[Column, Column, Column]:
    """Rows, columns and relative rate of each CTA tile, one below the other."""
    relative: dict[str, float] = constant_value("gpu", "tile_rate" if matrix else "tile_rate_vector")
    return *_sides(), _relative(tuple(relative.items()))


@cache
def _relative(rates: tuple[tuple[str, float], ...]) -> Column:
    """The rate of each tile, by its elements."""
    height, width = _sides()
    by_elements = dict(rates)
    return np.array([[by_elements[f"{area:.0f}"]] for area in (height * width)[:, 0]])


@cache
def _sides() -> tuple[Column, Column]:
    sizes: list[tuple[int, int]] = constant_value("gpu", "tiles")
    height, width = (np.array(side, dtype=np.float64)[:, None] for side in zip(*sizes, strict=True))
    return height, width


def _winograd_seconds(kernels: Kernels, device: HardwareProfile, rate: Column) -> Column:
    """3x3 convolutions by F(4x4, 3x3) (Lavin and Gray, 2015): 36 products over tiles of 4x4 outputs, between two transforms.

    A tile of inputs becomes 36 values a channel that are written and read again, and so do its results. Infinite where
    the algorithm does not apply.
    """
    seconds, apply = np.full(len(kernels), np.inf), kernels.winograd > 0
    if apply.any():
        some, rate = kernels.where(apply), rate[apply] * constant("gpu", "winograd_rate")
        count, channels, filters = some.winograd, np.floor_divide(some.k, 9), some.n
        products = _tiled(count, filters, channels, np.full(len(some), 36.0), rate, some, device, matrix=False)
        words = 2 * 36 * count * (channels + filters) + 2 * 36 * channels * filters
        moved = dram_seconds(4.0 * words + some.bytes, device)
        seconds[apply] = products.seconds + moved + constant("gpu", "winograd_start")
    return seconds


def _layout_seconds(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Column:
    """Tensor-core convolutions of contiguous (NCHW) tensors convert to channels-last and back in eager mode."""
    if (
        precision not in _CONVERTED
        or precision not in device.compute.matrix
        or not kernels.contiguous_convolution.any()
    ):
        return np.zeros(len(kernels))
    converted = 2 * kernels.bytes_activations * kernels.contiguous_convolution
    return constant("gpu", "layout_conversion") * dram_seconds(converted, device)


def _padded(values: Column, multiple: int) -> Column:
    return np.ceil(values / multiple) * multiple


def _padded_to(values: Column, sides: Column) -> Column:
    return np.ceil(values / sides) * sides
