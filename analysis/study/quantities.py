"""Figures with units as people type them: `5ms`, `30 W`, `8GiB`, `200/s`."""

from __future__ import annotations

import math
import re

from ...hardware_profiles import units

_NAMES = {"s": ("a time", "5ms"), "W": ("a power", "30W"), "B": ("a size", "8GB"), "1/s": ("a rate", "200/s")}
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*)")


def parse_quantity(text: str, dimension: str) -> float:
    """The SI value of `text`; `dimension` is the SI unit it must be a multiple of. Raises `ValueError` in one line."""
    name, example = _NAMES[dimension]
    matched = _NUMBER.fullmatch(text.strip())
    if matched is None:
        raise ValueError(f"{text!r} is not {name} such as {example}")
    number, unit = float(matched[1]), _spelled(matched[2].strip())
    if not unit:
        raise ValueError(f"{text!r} has no unit; give it as {example}")
    if unit == "/s" and dimension == "1/s":
        factor = 1.0
    else:
        units.check_unit(unit)
        if units.dimension(unit) != dimension:
            raise ValueError(f"{text!r} is not {name} such as {example}")
        factor = units.factor(unit)
    if not 0 < number * factor < math.inf:
        raise ValueError(f"{text!r} must be above 0 and finite")
    return number * factor


def _spelled(unit: str) -> str:
    """The unit as the table of units has it: `µs` and `kB` in their other spelling."""
    return {"kB": "KB"}.get(unit, unit.replace("µ", "u").replace("μ", "u"))
