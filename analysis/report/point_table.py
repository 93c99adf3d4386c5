"""Points of a study as rows that people read: what is the same in all rows goes into the heading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..study.grid import Skipped
from ..study.points import Point
from . import units

LEFT = frozenset({"model", "hardware", "precision", "mode", "set", "bound", "fits", "verdict"})
_Cell = Callable[[Point], str]
_QUESTION: dict[str, _Cell] = {
    "model": lambda point: point.model,
    "hardware": lambda point: point.hardware,
    "precision": lambda point: point.precision,
    "mode": lambda point: point.mode,
    "batch": lambda point: str(point.batch),
    "set": lambda point: point.what_if,
}
FIGURES: dict[str, _Cell] = {
    "latency": lambda point: units.changed(point.base_latency_s, point.latency_s, "s"),
    "energy": lambda point: units.changed(point.base_energy_j, point.energy_j, "J"),
    "EDP": lambda point: units.changed(point.base_edp_js, point.edp_js, "J·s"),
    "memory": lambda point: units.data(point.peak_memory_bytes) + _excess(point),
    "filled": lambda point: units.percent(point.utilization),
    "bound": lambda point: f"{point.bottleneck} {units.percent(getattr(point, point.bottleneck + '_share'))}",
}


def _excess(point: Point) -> str:
    return "" if point.fits else f" > {units.data(point.capacity_bytes)}"


def heading(points: Sequence[Point]) -> str:
    """What all rows have in common, as `resnet18 · fp16 · eager · batch 1`."""
    texts = [f"batch {value}" if name == "batch" else value for name, value in _common(points).items() if value]
    return " · ".join(texts)


def header_and_rows(
    points: Sequence[Point], best: Mapping[str, frozenset[int]], mark: str = "{}"
) -> tuple[list[str], list[list[str]]]:
    """The columns that differ, then the figures; `mark` is the form of the `best` of a column."""
    common = _common(points)
    asked = [name for name in _QUESTION if name not in common] or ["hardware"]
    rows = [
        [_QUESTION[name](point) for name in asked]
        + [(mark if row in best.get(name, ()) else "{}").format(cell(point)) for name, cell in FIGURES.items()]
        for row, point in enumerate(points)
    ]
    return [*asked, *FIGURES], rows


def _common(points: Sequence[Point]) -> dict[str, str]:
    """Fields of the question that all rows share, with their value; the device always has its column."""
    found: dict[str, str] = {}
    for name, cell in _QUESTION.items():
        values = {cell(point) for point in points}
        if len(values) == 1 and name != "hardware":
            found[name] = values.pop()
    return found


def point_records(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Every field of every point."""
    return [asdict(point) for point in points]


def skipped_lines(skipped: Sequence[Skipped]) -> list[str]:
    """What was left out, a line a device and precision."""
    return [f"skipped {entry.hardware} {entry.choice}: {entry.reason}" for entry in skipped]
