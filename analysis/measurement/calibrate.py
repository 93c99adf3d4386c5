"""The measurements behind a profile: points measured one by one, kept in a file beside it, and not repeated."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .process import Asked, ProbeFailed
from .suite import BenchPoint

_COLUMNS = ("point", "median_s", "low_s", "high_s", "joules", "watts")


@dataclass(frozen=True, slots=True)
class BenchResult:
    """Seconds of a point: median, 10th and 90th percentile. Joules of one call and watts where there is a counter."""

    median: float | None
    low: float | None
    high: float | None
    joules: float | None
    watts: float | None


Results = Mapping[str, BenchResult]


def measurements_path(profile: Path) -> Path:
    """`my-device.measurements.csv` beside `my-device.toml`."""
    return profile.with_suffix(".measurements.csv")


def read_results(path: Path) -> dict[str, BenchResult]:
    """What has been measured, by key; nothing where there is no file. Raises `OSError`, `ValueError`."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != _COLUMNS:
            raise ValueError(f"{path}: the columns are not {','.join(_COLUMNS)}")
        return {
            line["point"]: BenchResult(*(float(line[name]) if line[name] else None for name in _COLUMNS[1:]))
            for line in reader
        }


def measure_points(
    points: Sequence[BenchPoint], setting: str, probe: Asked, path: Path, seconds: float, clock: str,
    advance: Callable[[str], None],
) -> tuple[Results, list[str]]:  # fmt: skip
    """Results by key of the point, and what failed in words. `setting` (threads, clock) distinguishes what is in the file.

    `advance` hears the name of each point that is done.
    """
    known = read_results(path)
    found: dict[str, BenchResult] = {}
    failures: list[str] = []
    for point in points:
        name = f"{point.key} | {setting}"
        if name not in known:
            try:
                answer = probe.ask(point.request(seconds, clock))
            except ProbeFailed as error:
                failures.append(f"{point.key}: {error}")
                advance(point.key)
                continue
            known[name] = BenchResult(*(answer.get(part) for part in ("median", "low", "high", "joules", "watts")))
            _append(path, name, known[name])
        found[point.key] = known[name]
        advance(point.key)
    return found, failures


def _append(path: Path, name: str, result: BenchResult) -> None:
    new = not path.exists() or not path.stat().st_size
    values = (result.median, result.low, result.high, result.joules, result.watts)
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(_COLUMNS)
        writer.writerow([name, *("" if value is None else f"{value:.6g}" for value in values)])
