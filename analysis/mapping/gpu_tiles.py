"""The CTA tile that computes a matrix product fastest, of a set of tiles in rounds on all SMs."""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

import numpy as np

from ...hardware_profiles import HardwareProfile
from ..constants import constant, constant_of_family, constant_value
from .kernels import Column, Mask

# What computes: tensor cores, in FP32 too where they take it, vector units, single products or batched ones, or kernels of
# convolutions on vector units: implicit GEMM of 3×3 windows and of others, and the products of Winograd's algorithm.
Unit = Literal["matrix", "fp32-matrix", "vector", "batched", "convolution", "window", "winograd"]
_TILES: dict[Unit, str] = {
    "vector": "vector_tiles",
    "batched": "batched_tiles",
    "convolution": "convolution_tiles",
    "winograd": "convolution_tiles",
}
_RATES: dict[Unit, str] = {"vector": "tile_rate_vector", "batched": "tile_rate_vector", "window": "tile_rate_window"}
_PROLOGUES: dict[Unit, str] = {
    "matrix": "k_prologue",
    "fp32-matrix": "k_prologue_fp32",
    "convolution": "k_prologue_convolution",
    "window": "k_prologue_window",
}
_BATCHED_PROLOGUES = ("batched_prologue_aligned", "batched_prologue")
_LARGEST = 128 * 128
_VECTOR = 8  # elements; rows of 4 differ little from others


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

    @classmethod
    def empty(cls, products: int) -> Tiled:
        """Room for the choices of so many."""
        return cls(*(np.empty(products) for _ in cls._fields))

    def put(self, rows: Mask, others: Tiled) -> None:
        """The choices for some of the products."""
        for mine, other in zip(self, others, strict=True):
            mine[rows] = other


def best_tiles(product: Product, device: HardwareProfile, unit: Unit) -> Tiled:
    """The best tile of each product, with split-K where there are fewer tiles than SMs."""
    units = int(device.compute.units.si)
    m, n, k, batch, rate, whole = product
    height, width = _sides(unit, device.family)
    relative = _relative(unit, device)
    prologue = _prologue(unit, product, device)
    unsplit = np.ceil(m / height) * np.ceil(n / width) * batch
    step = constant("gpu", "split_k_step_vector" if unit == "vector" else "split_k_step")
    most = np.where(whole, 1.0, np.floor_divide(k, step))
    split = np.maximum(1.0, np.minimum(np.floor_divide(units, np.maximum(unsplit, 1.0)), most))
    pieces = unsplit * split
    rounds = rounds_of(pieces / units, "batched_tail" if unit == "batched" else "tail")
    seconds = rounds * 2.0 * height * width * (k / split + prologue) / (relative * rate / units)
    best = np.argmin(seconds, axis=0)
    chosen = (best, np.arange(len(m)))
    return Tiled(height[best, 0], width[best, 0], pieces[chosen], rounds[chosen], seconds[chosen])


def _prologue(unit: Unit, product: Product, device: HardwareProfile) -> Column | float:
    """Reduction steps that a tile takes more, for its first operands and its results: of batched products fewer where whole
    vectors are loaded and stored."""
    if unit == "winograd":
        return 0.0  # its rate holds it
    if unit == "batched":
        whole = (product.n % _VECTOR == 0) & (product.k % _VECTOR == 0)
        return np.where(whole, *(constant_of_family("gpu", name, device.family) for name in _BATCHED_PROLOGUES))
    return constant("gpu", _PROLOGUES.get(unit, "k_prologue_vector"))


def rounds_of(full: Column, tail: str = "tail") -> Column:
    """Rounds on all units: a part of the last round's idle slots is filled, as units hold several tiles at different stages."""
    idle = constant("gpu", tail)
    return np.maximum(1.0, full * (1 - idle) + np.ceil(full) * idle)


def padded_to(values: Column, multiple: Column | int) -> Column:
    """The next multiples."""
    return np.ceil(values / multiple) * multiple


def _relative(unit: Unit, device: HardwareProfile) -> Column:
    """The rate of each tile, by its elements."""
    height, width = _sides(unit, device.family)
    if unit in ("convolution", "winograd"):
        return constant_of_family("gpu", f"{unit}_half_tile", device.family) ** np.log2(_LARGEST / (height * width))
    rates: dict[str, float] = constant_value("gpu", _RATES.get(unit, "tile_rate"))
    return np.array([[rates[f"{area:.0f}"]] for area in (height * width)[:, 0]])


@cache
def _sides(unit: Unit, family: str) -> tuple[Column, Column]:
    """Rows and columns of each CTA tile, one below the other."""
    tiles: list[tuple[int, int]] | dict[str, list[tuple[int, int]]] = constant_value("gpu", _TILES.get(unit, "tiles"))
    sizes = tiles.get(family, tiles["others"]) if isinstance(tiles, dict) else tiles
    height, width = (np.array(side, dtype=np.float64)[:, None] for side in zip(*sizes, strict=True))
    return height, width
