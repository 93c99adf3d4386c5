"""Matrix products on a GPU: CTA tiles in waves on tensor cores or vector units, and convolutions by their algorithm."""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant
from .allocation import Allocations
from .gpu_convolutions import winograd
from .gpu_memory import dram_seconds
from .gpu_tiles import Product, Tiled, best_tiles, sides
from .kernels import Column, Kernels, Mask
from .occupancy import resident_tiles
from .peaks import vector_peak

_CONVERTED = (Precision.FP16, Precision.BF16, Precision.TF32)
_FEW_CHANNELS = 8


def map_products(
    found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision
) -> None:
    """The best of a set of CTA tiles, with split-K where there are fewer tiles than SMs."""
    matrix = precision in device.compute.matrix
    n, padded = _padded(kernels.n, 8), _padded(np.floor_divide(kernels.k, kernels.taps), 8) * kernels.taps
    n, batch = n * kernels.groups, kernels.batch  # a tile holds the outputs of several groups
    rate = product_rate(kernels, device, precision)
    whole = kernels.of_family("attention", *(() if matrix else ("convolution",)))
    chosen = _chosen(Product(kernels.m, n, padded, batch, rate, whole), kernels, device, matrix=matrix)
    height, width = sides()
    resident = resident_tiles(device, precision)[chosen.tile]
    other, multiplied = winograd(kernels, device, rate, applies=not matrix)
    seconds = np.minimum(chosen.seconds, other)
    side = height[chosen.tile, 0], width[chosen.tile, 0]
    executed = 2.0 * batch * _padded_to(kernels.m, side[0]) * _padded_to(n, side[1]) * padded
    useful = 2.0 * kernels.batch * kernels.groups * kernels.m * kernels.n * kernels.k
    found.put(
        rows, units_used=np.minimum(found.units, chosen.pieces), tiles=chosen.pieces,
        waves=np.ceil(chosen.pieces / (found.units * resident)),
        fill=np.minimum(1.0, chosen.pieces / (chosen.rounds * found.units)),
        compute_s=seconds + constant("gpu", "tile_start"), conversion_s=_layout_seconds(kernels, device, precision),
        spared=np.where(seconds < chosen.seconds, np.maximum(0.0, 1 - multiplied), 0.0),
        alignment=np.minimum(1.0, useful / np.maximum(1.0, executed)),
        tile_rows=side[0], tile_columns=side[1], resident=resident,
    )  # fmt: skip


def _chosen(product: Product, kernels: Kernels, device: HardwareProfile, *, matrix: bool) -> Tiled:
    """The best tiles; on vector units convolutions that Winograd's algorithms apply to have others, as they were measured."""
    if matrix:
        return best_tiles(product, device, "matrix")
    measured = kernels.winograd > 0
    found = best_tiles(product, device, "vector")
    if measured.any():
        found.put(measured, best_tiles(product.where(measured), device, "convolution"))
    return found


def product_rate(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Column:
    """Reached FLOP/s of products: on the matrix unit where it takes the precision, else on the vector units."""
    rate, convolutions = np.ones(len(kernels)), kernels.of_family("convolution")
    rate[kernels.of_family("attention")] = constant("gpu", "attention_rate")
    if precision not in device.compute.matrix:
        reached = device.efficiency.vector_matmul
        rate[kernels.winograd > 0] = constant("gpu", "vector_convolution_rate")
        return (
            rate
            * vector_peak(device, precision)
            * (reached.si if reached is not None else constant("gpu", "vector_matmul_rate"))
        )
    rate[~convolutions] *= constant("gpu", "product_rate")
    rate[convolutions & (kernels.groups > 1)] *= constant("gpu", "grouped_rate")
    rate[convolutions & (kernels.k < _FEW_CHANNELS * kernels.taps)] *= constant("gpu", "few_channels_rate")
    efficiency = device.efficiency.convolution or device.efficiency.matrix
    return rate * device.compute.matrix[precision].si * efficiency.si


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
