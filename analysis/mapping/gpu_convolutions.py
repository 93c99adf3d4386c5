"""3×3 convolutions on vector units by Winograd's algorithms (Lavin and Gray, 2015), as cuDNN has them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...hardware_profiles import HardwareProfile
from ..constants import constant, constant_of_family, constant_value
from .gpu_memory import dram_seconds
from .gpu_tiles import Product, Tiled, best_tiles, padded_to, rounds_of
from .kernels import Column, Kernels, Mask

_FUSED_FILTERS = 32  # of a CTA
_FUSED_SIDE = 128.0  # of its tile, as its name has it: 32 tiles of outputs by 32 filters, 16 products of each


class Algorithm(NamedTuple):
    """A way to compute products: its tiles, the multiplications that it makes for one that the product has, their energy
    relative to those of the product, and the part of what it computes that is no padding. Seconds are infinite where it does
    not apply."""

    tiled: Tiled
    multiplied: Column
    energy: Column
    aligned: Column


def is_3x3(kernels: Kernels) -> Mask:
    """Convolutions that these algorithms apply to: 3×3 with stride and dilation 1."""
    return kernels.image_height > 0


def winograd(kernels: Kernels, device: HardwareProfile, rate: Column) -> tuple[Algorithm, ...]:
    """F(4×4, 3×3) and F(2×2, 3×3), where any kernel is such a convolution, at a `rate` of FLOP/s that linear layers reach."""
    apply = is_3x3(kernels)
    if not apply.any():
        return ()
    some = kernels.where(apply)
    return tuple(
        _spread(found, apply) for found in (_apart(some, device, rate[apply]), _fused(some, device, rate[apply]))
    )


def _spread(found: Algorithm, apply: Mask) -> Algorithm:
    """The same with a row for every kernel."""
    tiled = Tiled(*(np.ones(len(apply)) for _ in Tiled._fields))
    tiled.seconds[:] = np.inf
    tiled.put(apply, found.tiled)
    columns = np.ones((3, len(apply)))
    columns[:, apply] = found[1:]
    return Algorithm(tiled, *columns)


def _images(kernels: Kernels) -> Column:
    return kernels.m / (kernels.image_height * kernels.image_width)


def _large_tiles(kernels: Kernels) -> Column:
    """Tiles of 4×4 outputs, for whole groups of images."""
    group = constant("gpu", "winograd_images")
    images = np.ceil(_images(kernels) / group) * group
    return images * np.ceil(kernels.image_height / 4) * np.ceil(kernels.image_width / 4)


def _fused_blocks(kernels: Kernels) -> Column:
    """Blocks of tiles of 2×2 outputs: of the shape (images, rows, columns) of which fewest cover them all."""
    images, rows, columns = _images(kernels), np.ceil(kernels.image_height / 2), np.ceil(kernels.image_width / 2)
    blocks = [np.ceil(images / i) * np.ceil(rows / r) * np.ceil(columns / c) for i, r, c in _block_shapes()]
    return np.array(blocks).min(axis=0)


def _block_shapes() -> list[tuple[int, int, int]]:
    return constant_value("gpu", "fused_winograd_blocks")


def _block_tiles() -> int:
    return int(np.prod(_block_shapes()[0]))


def _apart(kernels: Kernels, device: HardwareProfile, rate: Column) -> Algorithm:
    """F(4×4, 3×3) in four kernels: 36 products over tiles of 4×4 outputs, between two transforms, and one of the weights.

    A tile of inputs becomes 36 values a channel that are written and read again, and so do its results; inputs and results
    themselves take as long as twice their traffic.
    """
    tiles, channels, filters = _large_tiles(kernels), np.floor_divide(kernels.k, 9), kernels.n
    batch = np.full(len(kernels), 36.0)
    rate = rate * constant_of_family("gpu", "winograd_rate", device.family)
    products = best_tiles(Product(tiles, filters, channels, batch, rate, batch > 0), device, "winograd")
    weights = 45 * channels * filters * constant("gpu", "winograd_weights")
    words = 2 * 36 * tiles * (channels + filters) + weights
    data = 4.0 * words + 2 * kernels.bytes_activations
    seconds = products.seconds + dram_seconds(data, device) + constant("gpu", "winograd_start")
    computed = 16 * padded_to(tiles, products.height) * padded_to(filters, products.width)
    aligned = np.minimum(1.0, kernels.m * filters / computed)
    multiplied = 36 * tiles / (9 * kernels.m)
    return Algorithm(products._replace(seconds=seconds), multiplied, multiplied, aligned)


def _fused(kernels: Kernels, device: HardwareProfile, rate: Column) -> Algorithm:
    """F(2×2, 3×3) in one kernel: a CTA transforms and multiplies, channel by channel, a block of tiles by 32 filters."""
    units = device.compute.units.si
    blocks, channels, filters = _fused_blocks(kernels), np.floor_divide(kernels.k, 9), kernels.n
    pieces = blocks * np.ceil(filters / _FUSED_FILTERS)
    rounds = rounds_of(pieces / units)
    rate = rate * constant_of_family("gpu", "fused_winograd_rate", device.family)
    step = 2 * 16 * _block_tiles() * _FUSED_FILTERS * units / rate
    weights = dram_seconds(4.0 * 25 * channels * filters * constant("gpu", "winograd_weights"), device)
    seconds = rounds * step * (channels + constant("gpu", "fused_winograd_prologue")) + weights
    side = np.full(len(kernels), _FUSED_SIDE)
    computed = 4 * _block_tiles() * _FUSED_FILTERS * pieces
    aligned = np.minimum(1.0, kernels.m * filters / computed)
    multiplied = 16 * _block_tiles() * blocks / (9 * kernels.m)
    energy = multiplied * constant("gpu", "fused_winograd_energy")
    return Algorithm(Tiled(side, side, pieces, rounds, seconds), multiplied, energy, aligned)
