"""`[tool.graphperf.budgets]`: what a model may cost. `"model.py::Net" = {latency = "2 ms@h100-sxm5-80gb", energy = "0.1 J"}`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from ..discovery import UsageError

Quantity = Literal["latency", "energy", "edp", "peak-memory"]
_PREFIXES = {"": 1.0, "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3}
_LARGE = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_UNITS: Mapping[str, tuple[str, Mapping[str, float], str]] = {
    "latency": (r"s", _PREFIXES, "2 ms"),
    "energy": (r"J", _PREFIXES, "50 mJ"),
    "edp": (r"J\s*[·*]?\s*s", _PREFIXES, "100 µJ·s"),
    "peak-memory": (r"B", _LARGE, "800 MB"),
}


@dataclass(frozen=True, slots=True)
class Bound:
    """A quantity and its most in SI units; `hardware` where it is asked of one device."""

    quantity: Quantity
    most: float
    hardware: str | None = None


Budgets = Mapping[str, tuple[Bound, ...]]


def budgets_in(table: Mapping[str, Any]) -> Budgets:
    """The budgets in `[tool.graphperf]`, by file and class as the project calls them. Raises `UsageError`."""
    given = table.get("budgets", {})
    if not isinstance(given, dict):
        raise UsageError("pyproject.toml: [tool.graphperf] budgets must be a table")
    return {target: tuple(_bounds(target, held)) for target, held in cast("dict[str, object]", given).items()}


def _bounds(target: str, given: object) -> list[Bound]:
    if not isinstance(given, dict):
        raise UsageError(f'{_at(target)} must be a table, as {{latency = "2 ms@h100-sxm5-80gb"}}, not {given!r}')
    return [_bound(target, name, text) for name, text in cast("dict[str, object]", given).items()]


def _bound(target: str, name: str, given: object) -> Bound:
    if name not in _UNITS:
        close = difflib.get_close_matches(name, _UNITS, 1)
        raise UsageError(
            f"{_at(target)}: {name} is no budget; {f'did you mean {close[0]}?' if close else ', '.join(_UNITS)}"
        )
    unit, prefixes, example = _UNITS[name]
    text, _, hardware = given.partition("@") if isinstance(given, str) else ("", "", "")
    match = re.fullmatch(rf"\s*((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-zA-Zµμ]*?){unit}\s*", text)
    if match is None or match[2] not in prefixes:
        raise UsageError(f'{_at(target)}: {name} must be a figure with its unit, as "{example}", not {given!r}')
    return Bound(cast("Quantity", name), float(match[1]) * prefixes[match[2]], hardware.strip() or None)


def _at(target: str) -> str:
    return f'pyproject.toml: [tool.graphperf.budgets] "{target}"'
