"""Matrix products on a GPU: CTA tiles in waves on tensor cores or vector units, and convolutions by their algorithm."""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_of_family
from .allocation import Allocations
from .gpu_convolutions import Winograd, is_3x3, winograd
from .gpu_memory import dram_seconds
from .gpu_tiles import Product, Tiled, best_tiles
from .kernels import Column, Kernels, Mask
from .occupancy import resident_tiles
from .peaks import vector_peak

_CONVERTED = (Precision.FP16, Precision.BF16, Precision.TF32)
_FEW_CHANNELS = 8
_MULTIPLE = 8  # of channels and columns on tensor cores


def map_products(
    found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision
) -> None:
    """The best of a set of CTA tiles, with split-K where there are fewer tiles than SMs."""
    matrix = precision in device.compute.matrix
    multiple = _MULTIPLE if matrix else 1
    n, padded = _padded(kernels.n, multiple), _padded(np.floor_divide(kernels.k, kernels.taps), multiple) * kernels.taps
    n, batch = n * kernels.groups, kernels.batch  # a tile holds the outputs of several groups
    rate = product_rate(kernels, device, precision)
    whole = kernels.of_family("attention", *(() if matrix else ("convolution",)))
    chosen = _chosen(Product(kernels.m, n, padded, batch, rate, whole), kernels, device, matrix=matrix)
    resident = resident_tiles(device, precision, chosen.height, chosen.width)
    useful = 2.0 * kernels.batch * kernels.groups * kernels.m * kernels.n * kernels.k
    others = winograd(kernels, device, rate, applies=not matrix)
    seconds, spared = _fastest(chosen.seconds, others, useful, device)
    executed = 2.0 * batch * _padded_to(kernels.m, chosen.height) * _padded_to(n, chosen.width) * padded
    found.put(
        rows, units_used=np.minimum(found.units, chosen.pieces), tiles=chosen.pieces,
        waves=np.ceil(chosen.pieces / (found.units * resident)),
        fill=np.minimum(1.0, chosen.pieces / (chosen.rounds * found.units)),
        compute_s=seconds + constant("gpu", "tile_start"), conversion_s=_layout_seconds(kernels, device, precision),
        spared=spared,
        alignment=np.minimum(1.0, useful / np.maximum(1.0, executed)),
        tile_rows=chosen.height, tile_columns=chosen.width, resident=resident,
    )  # fmt: skip


def _chosen(product: Product, kernels: Kernels, device: HardwareProfile, *, matrix: bool) -> Tiled:
    """The best tiles; on vector units 3×3 convolutions have others, as they were measured."""
    if matrix:
        return best_tiles(product, device, "matrix")
    measured = is_3x3(kernels)
    found = best_tiles(product, device, "vector")
    if measured.any():
        rate = product.rate * constant_of_family("gpu", "vector_convolution_rate", device.family)
        found.put(measured, best_tiles(product._replace(rate=rate).where(measured), device, "convolution"))
    return found


def _fastest(implicit: Column, others: Winograd, flops: Column, device: HardwareProfile) -> tuple[Column, Column]:
    """Seconds of the fastest algorithm, as it is at the power limit, and the part of the multiplications that it spares."""
    seconds = np.vstack([implicit, others.seconds])
    multiplied = np.vstack([np.ones(len(implicit)), others.multiplied])
    energy = device.energy.vector_matmul
    least = energy.si / (device.power.tdp.si - device.power.static.si) if energy is not None else 0.0
    best = np.argmin(np.maximum(seconds, multiplied * flops * least), axis=0)
    chosen = (best, np.arange(len(best)))
    return seconds[chosen], np.where(best > 0, np.maximum(0.0, 1 - multiplied[chosen]), 0.0)


def product_rate(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Column:
    """Reached FLOP/s of products: on the matrix unit where it takes the precision, else on the vector units."""
    rate, convolutions = np.ones(len(kernels)), kernels.of_family("convolution")
    rate[kernels.of_family("attention")] = constant("gpu", "attention_rate")
    if precision not in device.compute.matrix:
        reached = device.efficiency.vector_matmul
        return (
            rate
            * vector_peak(device, precision)
            * (reached.si if reached is not None else constant_of_family("gpu", "vector_matmul_rate", device.family))
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
