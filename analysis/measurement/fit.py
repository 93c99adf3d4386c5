"""From measurements of single operators to the figures of a CPU: few parameters, each by least squares or a median.

Seconds of an operator = dispatch + operations / rate of its class + bytes / bandwidth of where they lie (+ fresh bytes / fresh;
for convolutions, whose images are moved twice more, + bytes / reorder): what `mapping/cpu.py` predicts with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from ..mapping.cpu import in_blocks, large, level_shares
from ..mapping.kernels import Column
from .suite import BenchPoint

_WIDTH = 4  # bytes of an element in FP32
_LEAST_SHARE = 0.05  # of its time that an operator's arithmetic takes at least, however well its traffic explains it
_LEAST_REORDER = 1e-12  # seconds a byte, of images that traffic alone explains
_MOSTLY_TRAFFIC = 3.0  # times its dispatch that an operator takes, for its bandwidth to be told
_REORDERED = ("convolution", "pointwise-convolution", "depthwise", "grouped")
_PACKED = ("matmul", "attention")
_LEVELS = ("l2_bandwidth", "llc_bandwidth", "dram_bandwidth")
_BY_BANDWIDTH = ("transpose", "concatenation")
# Whose dispatch stands for which classes of work.
_DISPATCHED: Mapping[str, tuple[str, ...]] = {
    "convolution": ("convolution", "grouped"),
    "pointwise-convolution": ("pointwise-convolution",),
    "depthwise": ("depthwise",),
    "matmul": ("matmul",),
    "batch-norm": ("batch-norm",),
    "normalization": ("normalization",),
    "pool": ("max-pool", "average-pool"),
}


# Seconds of an operator, and of the classes that take another time.
_Dispatch = tuple[float, dict[str, float]]


@dataclass(frozen=True, slots=True)
class CpuFigures:
    """What a fit finds. SI units. `memory` has those of `l2_bandwidth`, `llc_bandwidth`, `dram_bandwidth` that were measured."""

    eager_dispatch: float
    dispatch: Mapping[str, float]
    memory: Mapping[str, float]
    rates: Mapping[str, float]
    bandwidths: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Machine:
    """Bytes of all second-level caches, and of the last level; FP32 elements of a vector register."""

    l2: float
    llc: float
    lanes: float


def fit_cpu(points: Sequence[BenchPoint], seconds: Mapping[str, float], machine: Machine) -> CpuFigures:
    """The figures that explain the measured `seconds`, by key of the point; points without any are left out."""
    known = [point for point in points if point.key in seconds and point.precision == "fp32"]
    usual, dispatch = _dispatch(known, seconds, "dispatch")
    alone = _dispatch(known, seconds, "dispatch-alone")
    streams = [p for p in known if p.work == "stream" and seconds[p.key] > _MOSTLY_TRAFFIC * alone[0]]
    levels, fresh = _bandwidths(streams, _less(streams, seconds, *alone), machine)
    if clearing := [point for point in known if point.op == "clearing"]:
        fresh = _clearing(clearing, seconds, machine, levels)
    rates: dict[str, float] = {}
    speeds: dict[str, float] = {"fresh": 1 / fresh} if fresh else {}
    for work in dict.fromkeys(point.work for point in known if point.op == "operator" and point.operations):
        if work in _REORDERED or work in ("stream", "energy", "weights"):
            continue
        mine = [point for point in known if point.work == work and point.op == "operator"]
        left = _less(mine, seconds, *alone)
        if work in _PACKED:
            rates[work], packing = _packed(mine, left)
            speeds |= {work: packing} if packing else {}
        else:
            rates[work] = _rate(mine, left, _traffic(mine, machine, levels, fresh))
    for work in _BY_BANDWIDTH:
        mine = [point for point in known if point.work == work]
        if mine:
            speeds[work] = float(np.median(_bytes(mine) / _less(mine, seconds, *alone)))
    found, reorder = _convolutions(known, seconds, alone, machine, levels)
    speeds |= reorder
    if "convolution" in found and any(point.work == "weights" for point in known):
        speeds["weights"] = _blocking(known, seconds, alone, machine, levels, fresh, found["convolution"])
    memory = {name: float(1 / each) for name, each in zip(_LEVELS, levels, strict=True) if each}
    return CpuFigures(usual, dispatch, memory, rates | found, speeds)


def least_squares(columns: Sequence[Column], values: Column) -> Column:
    """The coefficients ≥ 0 of the columns with the least sum of squared relative errors, by coordinate descent."""
    scaled: Column = np.stack([column / values for column in columns], axis=1)
    found = np.zeros(len(columns))
    for _ in range(2000):
        for place in range(len(columns)):
            column: Column = scaled[:, place]
            weight = float(column @ column)
            if weight:
                rest: Column = 1.0 - scaled @ found + column * found[place]
                found[place] = max(0.0, float(column @ rest) / weight)
    return found


def _dispatch(known: Sequence[BenchPoint], seconds: Mapping[str, float], op: str) -> _Dispatch:
    """Among other operators (`dispatch`), or as in the measurements, where an operator runs over and over."""
    measured = {point.operator: seconds[point.key] for point in known if point.op == op}
    if "pointwise" not in measured:
        raise ValueError("the dispatch of a pointwise operator was not measured")
    chosen = {work: measured[name] for name, works in _DISPATCHED.items() if name in measured for work in works}
    return measured["pointwise"], chosen


def _less(
    points: Sequence[BenchPoint], seconds: Mapping[str, float], usual: float, dispatch: Mapping[str, float]
) -> Column:
    """Seconds without dispatch."""
    spent = [(seconds[point.key], dispatch.get(point.work, usual)) for point in points]
    return np.array([max(total - before, 0.1 * total) for total, before in spent])


def _bytes(points: Sequence[BenchPoint]) -> Column:
    return np.array([float(_WIDTH * (point.activations + point.weights)) for point in points])


def _fresh(points: Sequence[BenchPoint]) -> Column:
    """Bytes of results in pages that the system has just cleared."""
    made = [_WIDTH * int(np.prod(point.result)) for point in points]
    return large(np.array(made, dtype=np.float64))


def _shares(points: Sequence[BenchPoint], machine: Machine) -> Sequence[Column]:
    return level_shares(_bytes(points), machine.l2, machine.llc)


def _bandwidths(points: Sequence[BenchPoint], left: Column, machine: Machine) -> tuple[Column, float]:
    """Seconds a byte of L2, of the last level and of DRAM, each at least the one before, and of fresh pages."""
    data, fresh = _bytes(points), _fresh(points)
    near, last, dram = _shares(points, machine)
    old = fresh == 0
    steps = [data * share for share in (near + last + dram, last + dram, dram)]
    levels = np.cumsum(least_squares([step[old] for step in steps], left[old]))
    rest = (left - np.stack([data * near, data * last, data * dram], axis=1) @ levels)[~old]
    return levels, float(max(0.0, np.median(rest / fresh[~old]))) if rest.size else 0.0


def _clearing(points: Sequence[BenchPoint], seconds: Mapping[str, float], machine: Machine, levels: Column) -> float:
    """Seconds a byte of pages that the system clears, beside what is then written to them."""
    spent = np.array([seconds[point.key] for point in points])
    left = np.maximum(spent - _traffic(points, machine, levels, 0.0), _LEAST_SHARE * spent)
    return float(np.median(left / _bytes(points)))


def _traffic(points: Sequence[BenchPoint], machine: Machine, levels: Column, fresh: float) -> Column:
    data = _bytes(points)
    parts = [data * share * level for share, level in zip(_shares(points, machine), levels, strict=True)]
    return np.sum(parts, axis=0) + _fresh(points) * fresh


def _rate(points: Sequence[BenchPoint], left: Column, traffic: Column) -> float:
    """Operations a second: the median of what is left for arithmetic."""
    operations = np.array([float(point.operations) for point in points])
    return float(np.median(operations / np.maximum(left - traffic, _LEAST_SHARE * left)))


def _packed(points: Sequence[BenchPoint], left: Column) -> tuple[float, float]:
    """Operations and bytes a second of products, which pack their operands whatever memory those lie in; 0 for no limit."""
    operations = np.array([float(point.operations) for point in points])
    arithmetic, packing = least_squares([operations, _bytes(points)], left)
    return float(1 / max(arithmetic, 1e-15)), float(1 / packing) if packing > 0 else 0.0


def _convolutions(
    known: Sequence[BenchPoint], seconds: Mapping[str, float], alone: _Dispatch, machine: Machine, levels: Column,
) -> tuple[dict[str, float], dict[str, float]]:  # fmt: skip
    """Rates of the classes whose images are brought into blocks, and bytes a second of that, in cache: those that fill the blocks
    and others."""
    mine = [point for point in known if point.work in _REORDERED]
    if not mine:
        return {}, {}
    whole, padded = _blocked(mine, machine.lanes)
    weights = _WIDTH * np.array([float(point.weights) for point in mine])
    moved = _bytes(mine) + 2 * (whole + padded)
    through = [moved * share * level for share, level in zip(_shares(mine, machine), levels, strict=True)]
    left = _less(mine, seconds, *alone)
    left = np.maximum(left - np.sum(through, axis=0), _LEAST_SHARE * left)
    present = [work for work in _REORDERED if any(point.work == work for point in mine)]
    columns = [np.array([float(p.operations) * (p.work == work) for p in mine]) for work in present]
    *inverse, usual, slower, packed = least_squares([*columns, whole, padded, weights], left)
    usual = max(usual, _LEAST_REORDER)
    reorder = {"reorder": usual, "reorder-padded": max(usual, slower), "reorder-weights": packed}
    rates = {work: 1 / each for work, each in zip(present, inverse, strict=True) if each}
    return rates, {name: float(1 / each) for name, each in reorder.items() if each}


def _blocked(points: Sequence[BenchPoint], lanes: float) -> tuple[Column, Column]:
    """Bytes of images of convolutions whose channels fill blocks, and of others."""
    shapes = [(prod(p.shapes[0]), p.shapes[0][1], prod(p.result), p.result[1]) for p in points]
    given, given_channels, made, made_channels = (
        np.array(each, dtype=np.float64) for each in zip(*shapes, strict=True)
    )
    return in_blocks(_WIDTH * given, given_channels, _WIDTH * made, made_channels, lanes)


def _blocking(
    known: Sequence[BenchPoint], seconds: Mapping[str, float], alone: _Dispatch, machine: Machine, levels: Column,
    fresh: float, rate: float,
) -> float:  # fmt: skip
    """Bytes of weights a second that convolutions at this `rate` bring into blocks where their activations stay as they are."""
    mine = [point for point in known if point.work == "weights"]
    spent = _less(mine, seconds, alone[1].get("convolution", alone[0]), {})
    arithmetic = np.array([float(point.operations) for point in mine]) / rate
    left = np.maximum(spent - arithmetic - _traffic(mine, machine, levels, fresh), _LEAST_SHARE * spent)
    return float(np.median(_WIDTH * np.array([float(point.weights) for point in mine]) / left))
