"""The CTA tile that computes a matrix product fastest, of a set of tiles in rounds on all SMs."""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

import numpy as np

from ...hardware_profiles import HardwareProfile
from ..constants import constant, constant_of_family, constant_value
from .kernels import Column, Mask

# What computes: tensor cores, in FP32 too where they take it, vector units, or kernels of convolutions on vector units: implicit
# GEMM, and the products of Winograd's algorithm.
Unit = Literal["matrix", "fp32-matrix", "vector", "convolution", "winograd"]
_GENERAL = ("matrix", "fp32-matrix", "vector")  # with tiles of products of any kind, not of FP32 convolutions alone
_PROLOGUES: dict[Unit, str] = {
    "matrix": "k_prologue",
    "fp32-matrix": "k_prologue_fp32",
    "convolution": "k_prologue_convolution",
}
_LARGEST = 128 * 128


class Product(NamedTuple):
    """Products of m × k by k × n, `batch` of each, at reached FLOP/s; `whole` ones are not split along k."""

    m: Column
    n: Column
    k: Column
    batch: Column
    rate: Column
    whole: Mask

    def where(self, rows: Mask) -> Product:
        """Some of them."""
        return Product(self.m[rows], self.n[rows], self.k[rows], self.batch[rows], self.rate[rows], self.whole[rows])


class Tiled(NamedTuple):
    """The chosen tile of each product: its sides, how many pieces they are, rounds on all units, seconds."""

    height: Column
    width: Column
    pieces: Column
    rounds: Column
    seconds: Column

    def put(self, rows: Mask, others: Tiled) -> None:
        """Other choices for some of the products."""
        for mine, other in zip(self, others, strict=True):
            mine[rows] = other


def best_tiles(product: Product, device: HardwareProfile, unit: Unit) -> Tiled:
    """The best tile of each product, with split-K where there are fewer tiles than SMs."""
    units = int(device.compute.units.si)
    m, n, k, batch, rate, whole = product
    height, width = _sides(unit)
    relative = _relative(unit, device)
    prologue = _prologue(unit, batch)
    unsplit = np.ceil(m / height) * np.ceil(n / width) * batch
    most = np.where(whole, 1.0, np.floor_divide(k, constant("gpu", "split_k_step")))
    split = np.maximum(1.0, np.minimum(np.floor_divide(units, np.maximum(unsplit, 1.0)), most))
    pieces = unsplit * split
    rounds = rounds_of(pieces / units)
    seconds = rounds * 2.0 * height * width * (k / split + prologue) / (relative * rate / units)
    best = np.argmin(seconds, axis=0)
    chosen = (best, np.arange(len(m)))
    return Tiled(height[best, 0], width[best, 0], pieces[chosen], rounds[chosen], seconds[chosen])


def _prologue(unit: Unit, batch: Column) -> Column | float:
    """Reduction steps that a tile takes more, for its first operands and its results."""
    if unit in _PROLOGUES:
        return constant("gpu", _PROLOGUES[unit])
    return np.where(batch > 1, 0.0, constant("gpu", "k_prologue_vector"))


def rounds_of(full: Column) -> Column:
    """Rounds on all units: a part of the last round's idle slots is filled, as units hold several tiles at different stages."""
    idle = constant("gpu", "tail")
    return np.maximum(1.0, full * (1 - idle) + np.ceil(full) * idle)


def padded_to(values: Column, multiple: Column | int) -> Column:
    """The next multiples."""
    return np.ceil(values / multiple) * multiple


def _relative(unit: Unit, device: HardwareProfile) -> Column:
    """The rate of each tile, by its elements."""
    if unit in _GENERAL:
        rates: dict[str, float] = constant_value("gpu", "tile_rate_vector" if unit == "vector" else "tile_rate")
        return _by_elements(unit, tuple(rates.items()))
    height, width = _sides(unit)
    return constant_of_family("gpu", f"{unit}_half_tile", device.family) ** np.log2(_LARGEST / (height * width))


@cache
def _by_elements(unit: Unit, rates: tuple[tuple[str, float], ...]) -> Column:
    height, width = _sides(unit)
    by_elements = dict(rates)
    return np.array([[by_elements[f"{area:.0f}"]] for area in (height * width)[:, 0]])


@cache
def _sides(unit: Unit) -> tuple[Column, Column]:
    """Rows and columns of each CTA tile, one below the other."""
    name = "tiles" if unit in _GENERAL else "convolution_tiles"
    sizes: list[tuple[int, int]] = constant_value("gpu", name)
    height, width = (np.array(side, dtype=np.float64)[:, None] for side in zip(*sizes, strict=True))
    return height, width
