"""The units a figure may be given in, with their SI value.

Dimensions are named by their SI unit, so a figure's dimension is also the unit of its ``si`` value. Operations and
floating-point operations are one dimension (``FLOP``); things that are counted (SMs, warps, registers) are another.
Decimal and binary sizes are both here: bandwidths and DRAM sizes are printed in powers of ten, caches and scratchpads
come in powers of two.
"""

from __future__ import annotations

from ._suggest import did_you_mean

# unit: (dimension, factor to SI)
_UNITS: dict[str, tuple[str, float]] = {
    "PFLOP/s": ("FLOP/s", 1e15),
    "TFLOP/s": ("FLOP/s", 1e12),
    "GFLOP/s": ("FLOP/s", 1e9),
    "FLOP/s": ("FLOP/s", 1.0),
    "TOP/s": ("FLOP/s", 1e12),
    "GOP/s": ("FLOP/s", 1e9),
    "TB/s": ("B/s", 1e12),
    "GB/s": ("B/s", 1e9),
    "MB/s": ("B/s", 1e6),
    "B/s": ("B/s", 1.0),
    "TB": ("B", 1e12),
    "GB": ("B", 1e9),
    "MB": ("B", 1e6),
    "KB": ("B", 1e3),
    "GiB": ("B", 2.0**30),
    "MiB": ("B", 2.0**20),
    "KiB": ("B", 2.0**10),
    "B": ("B", 1.0),
    "GHz": ("Hz", 1e9),
    "MHz": ("Hz", 1e6),
    "Hz": ("Hz", 1.0),
    "s": ("s", 1.0),
    "ms": ("s", 1e-3),
    "us": ("s", 1e-6),
    "ns": ("s", 1e-9),
    "W": ("W", 1.0),
    "mW": ("W", 1e-3),
    "J/FLOP": ("J/FLOP", 1.0),
    "nJ/FLOP": ("J/FLOP", 1e-9),
    "pJ/FLOP": ("J/FLOP", 1e-12),
    "pJ/OP": ("J/FLOP", 1e-12),
    "J/B": ("J/B", 1.0),
    "nJ/B": ("J/B", 1e-9),
    "pJ/B": ("J/B", 1e-12),
    "FLOP/clk": ("FLOP/clk", 1.0),
    "OP/clk": ("FLOP/clk", 1.0),
    "B/clk": ("B/clk", 1.0),
    "bit": ("bit", 1.0),
    "1": ("1", 1.0),
    "clk": ("clk", 1.0),
    **dict.fromkeys(
        ("SM", "CU", "core", "array", "PE", "tile", "thread", "warp", "block", "register", "lane", "engine", "node"),
        ("count", 1.0),
    ),
}


def check_unit(unit: str) -> str:
    """Return *unit*; raise ``ValueError`` with the nearest known spellings when it is not in the table."""
    if unit not in _UNITS:
        raise ValueError(f"unknown unit {unit!r}{did_you_mean(unit, _UNITS)}")
    return unit


def dimension(unit: str) -> str:
    """Return the SI unit (or ``"count"``, ``"1"``) that *unit* is a multiple of."""
    return _UNITS[unit][0]


def factor(unit: str) -> float:
    """Return how many SI units one *unit* is."""
    return _UNITS[unit][1]
