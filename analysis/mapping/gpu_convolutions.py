"""3×3 convolutions on vector units by Winograd's algorithms (Lavin and Gray, 2015), as cuDNN has them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...hardware_profiles import HardwareProfile
from ..constants import constant
from .gpu_memory import dram_seconds
from .gpu_tiles import Product, best_tiles
from .kernels import Column, Kernels

_FUSED_SIDE = 32  # filters, and tiles of 2×2 outputs, of a CTA


class Winograd(NamedTuple):
    """Seconds of the faster algorithm, infinite where neither applies, and the multiplications that it makes for one of the
    convolution's."""

    seconds: Column
    multiplied: Column


def winograd(kernels: Kernels, device: HardwareProfile, rate: Column, *, applies: bool) -> Winograd:
    """Both algorithms, where any `applies`, at a `rate` of FLOP/s that implicit GEMM reaches."""
    found = Winograd(np.full(len(kernels), np.inf), np.ones(len(kernels)))
    apply = kernels.winograd > 0
    if applies and apply.any():
        some, rate = kernels.where(apply), rate[apply]
        apart, fused = _apart(some, device, rate), _fused(some, device, rate)
        found.seconds[apply] = np.minimum(apart, fused)
        found.multiplied[apply] = np.where(apart < fused, 36 * some.winograd, 16 * some.winograd_2) / (9 * some.m)
    return found


def _apart(kernels: Kernels, device: HardwareProfile, rate: Column) -> Column:
    """F(4×4, 3×3) in four kernels: 36 products over tiles of 4×4 outputs, between two transforms, and one of the weights.

    A tile of inputs becomes 36 values a channel that are written and read again, and so do its results.
    """
    count, channels, filters = kernels.winograd, np.floor_divide(kernels.k, 9), kernels.n
    batch = np.full(len(kernels), 36.0)
    rate = rate * constant("gpu", "winograd_rate")
    products = best_tiles(Product(count, filters, channels, batch, rate, batch > 0), device, "convolution")
    weights = 45 * channels * filters * constant("gpu", "winograd_weights")
    words = 2 * 36 * count * (channels + filters) + weights
    return products.seconds + dram_seconds(4.0 * words + kernels.bytes, device) + constant("gpu", "winograd_start")


def _fused(kernels: Kernels, device: HardwareProfile, rate: Column) -> Column:
    """F(2×2, 3×3) in one kernel: a CTA transforms and multiplies, channel by channel, 32 tiles of 2×2 outputs by 32 filters, and
    takes a least time a channel."""
    units = device.compute.units.si
    channels, filters = np.floor_divide(kernels.k, 9), kernels.n
    pieces = np.ceil(kernels.winograd_2 / _FUSED_SIDE) * np.ceil(filters / _FUSED_SIDE)
    step = 2 * 16 * _FUSED_SIDE**2 * units / (rate * constant("gpu", "fused_winograd_rate"))
    least = constant("gpu", "fused_winograd_step") / device.compute.clock.si
    weights = dram_seconds(4.0 * 25 * channels * filters * constant("gpu", "winograd_weights"), device)
    steps = channels + constant("gpu", "fused_winograd_prologue")
    return np.ceil(pieces / units) * np.maximum(step, least) * steps + weights
