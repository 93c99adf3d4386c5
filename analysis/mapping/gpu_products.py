"""Matrix products on a GPU: CTA tiles in waves on tensor cores or vector units, and convolutions by their algorithm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_of_family, constant_value
from .allocation import Allocations
from .gpu_convolutions import Algorithm, is_3x3, winograd
from .gpu_memory import dram_seconds
from .gpu_tiles import Product, Tiled, Unit, best_tiles, padded_to
from .kernels import Column, Kernels, Mask
from .occupancy import resident_tiles
from .peaks import vector_peak

_CONVERTED = (Precision.FP16, Precision.BF16, Precision.TF32)
_FEW_CHANNELS = 8
_MULTIPLE = 8  # of channels and columns on tensor cores
_GROUP, _GROUP_TILE = 16, 64  # channels of a group
_LARGE_WINDOW = 16 * 16  # taps


def map_products(
    found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision
) -> None:
    """The best of a set of CTA tiles, with split-K where there are fewer tiles than SMs."""
    matrix = precision in device.compute.matrix
    multiple = _MULTIPLE if matrix else 1
    n = padded_to(kernels.n, multiple) * kernels.groups  # a tile holds the outputs of several groups
    k, batch = padded_to(np.floor_divide(kernels.k, kernels.taps), multiple) * kernels.taps, kernels.batch
    rate = product_rate(kernels, device, precision)
    whole = kernels.of_family("attention", *(() if matrix else ("convolution",)))
    tiled = _tiled(Product(kernels.m, n, k, batch, rate, whole), kernels, device, precision)
    useful = 2.0 * kernels.batch * kernels.groups * kernels.m * kernels.n * kernels.k
    executed = 2.0 * batch * padded_to(kernels.m, tiled.height) * padded_to(n, tiled.width) * k
    once = np.ones(len(kernels))
    aligned = np.minimum(1.0, useful / np.maximum(1.0, executed))
    padding = np.where(kernels.of_family("matmul") & (not matrix), 1 / np.maximum(aligned, 1e-9) - 1, 0.0)
    implicit = Algorithm(tiled, once, 1 + constant("gpu", "padding_energy") * padding, aligned)
    others = () if matrix else winograd(kernels, device, rate)
    chosen, multiplied, energy, aligned = _fastest((implicit, *others), useful, device)
    resident = resident_tiles(device, precision, chosen.height, chosen.width)
    found.put(
        rows, units_used=np.minimum(found.units, chosen.pieces), tiles=chosen.pieces,
        waves=np.ceil(chosen.pieces / (found.units * resident)),
        fill=np.minimum(1.0, chosen.pieces / (chosen.rounds * found.units)),
        compute_s=chosen.seconds + constant("gpu", "tile_start"),
        conversion_s=_layout_seconds(kernels, device, precision), spared=np.maximum(0.0, 1 - multiplied),
        spared_energy=1 - energy, alignment=aligned,
        tile_rows=chosen.height, tile_columns=chosen.width, resident=resident,
    )  # fmt: skip


def _tiled(product: Product, kernels: Kernels, device: HardwareProfile, precision: Precision) -> Tiled:
    """The best tiles; on vector units 3×3 convolutions and batched products have others, as they were measured."""
    if precision in device.compute.matrix:
        return best_tiles(product, device, "fp32-matrix" if precision is Precision.FP32 else "matrix")
    convolutions, family = kernels.of_family("convolution"), device.family
    batched = kernels.of_family("matmul") & (kernels.batch > 1) & (precision is not Precision.FP64)
    most = constant("gpu", "vector_most") * vector_peak(device, precision)
    units: tuple[tuple[Unit, Mask, Column], ...] = (
        ("vector", ~convolutions & ~batched, np.minimum(product.rate, most)),
        ("batched", batched, np.minimum(product.rate * constant_of_family("gpu", "batched_rate", family), most)),
        ("window", convolutions & ~is_3x3(kernels), product.rate),
        ("convolution", is_3x3(kernels), product.rate * constant_of_family("gpu", "vector_convolution_rate", family)),
    )
    found = Tiled.empty(len(kernels))
    for unit, rows, rate in units:
        if rows.any():
            alike = product._replace(rate=rate, whole=product.whole | batched).where(rows)
            found.put(rows, best_tiles(alike, device, unit))
    return found


def _fastest(algorithms: Sequence[Algorithm], flops: Column, device: HardwareProfile) -> Algorithm:
    """For each product the algorithm that is fastest at the clock that the power limit leaves it."""
    if len(algorithms) == 1:
        return algorithms[0]
    energy = device.energy.vector_matmul
    least = energy.si / (device.power.tdp.si - device.power.static.si) if energy is not None else 0.0
    limited = [np.maximum(each.tiled.seconds, each.energy * flops * least) for each in algorithms]
    best = (np.argmin(limited, axis=0), np.arange(len(flops)))
    tiled = Tiled(*(np.array(columns)[best] for columns in zip(*(each.tiled for each in algorithms), strict=True)))
    columns = (np.array(column)[best] for column in zip(*(each[1:] for each in algorithms), strict=True))
    return Algorithm(tiled, *columns)


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
    efficiency, products = device.efficiency, constant("gpu", "product_rate")
    rate[~convolutions] *= products
    rate *= np.where(convolutions & (kernels.groups > 1), _grouped_rate(kernels), 1.0)
    few: dict[str, float] = constant_value("gpu", "few_channels_rate")
    padded = convolutions & (kernels.k < _FEW_CHANNELS * kernels.taps)
    rate *= np.where(padded, np.where(kernels.taps > _LARGE_WINDOW, few["large"], few["usual"]), 1.0)
    reached = (efficiency.convolution or efficiency.matrix).si
    if precision is Precision.FP32 and efficiency.matrix_fp32 is not None:
        reached = efficiency.matrix_fp32.si / products
    return rate * device.compute.matrix[precision].si * reached


def _grouped_rate(kernels: Kernels) -> Column:
    """The rate of convolutions of several groups relative to others: cuDNN has kernels for groups of few channels and of whole
    multiples of 16, on contiguous images for all beyond 64 too. On channels-last ones it computes others group by group, in tiles
    of 64 channels. A compiler that chooses the order chooses the better."""
    rates: dict[str, float] = constant_value("gpu", "grouped_rate")
    width = np.maximum(1.0, np.floor_divide(kernels.k, np.maximum(1.0, kernels.taps)))
    few = (width <= _FEW_CHANNELS) | (width % _GROUP == 0)
    contiguous = np.where(few | (width > _GROUP_TILE), rates["whole"], rates["contiguous"])
    last = np.where(few, rates["whole"], rates["tiled"] * width / padded_to(width, _GROUP_TILE))
    return np.select(
        [kernels.contiguous_convolution, kernels.tiled == 0], [contiguous, last], np.maximum(contiguous, last)
    )


def _layout_seconds(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Column:
    """Tensor-core convolutions of contiguous (NCHW) tensors convert to channels-last and back in eager mode."""
    if (
        precision not in _CONVERTED
        or precision not in device.compute.matrix
        or not kernels.contiguous_convolution.any()
    ):
        return np.zeros(len(kernels))
    converted = 2 * kernels.bytes_activations * np.maximum(0.0, kernels.tiled)
    return constant("gpu", "layout_conversion") * dram_seconds(converted, device)
