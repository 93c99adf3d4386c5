"""The measurements behind a profile: points measured one by one, in rounds, kept in a file beside it, and not repeated.

A machine that others use is slow for seconds at a time: the rounds of a point are minutes apart, and their median counts.
"""

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


def read_results(path: Path) -> dict[str, list[BenchResult]]:
    """What has been measured, by key, a result a round; nothing where there is no file. Raises `OSError`, `ValueError`."""
    found: dict[str, list[BenchResult]] = {}
    if not path.exists():
        return found
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != _COLUMNS:
            raise ValueError(f"{path}: the columns are not {','.join(_COLUMNS)}")
        for line in reader:
            result = BenchResult(*(float(line[name]) if line[name] else None for name in _COLUMNS[1:]))
            found.setdefault(line["point"], []).append(result)
    return found


def measure_points(
    points: Sequence[BenchPoint], setting: str, probe: Asked, path: Path, seconds: float, clock: str, rounds: int,
    advance: Callable[[str], None],
) -> tuple[Results, list[str]]:  # fmt: skip
    """Results by key of the point, of each the middle one of so many rounds over all points, and what failed in words, which is
    not tried again. `setting` (threads, clock) distinguishes what is in the file.

    `advance` hears the name of each point that is done in a round.
    """
    known = read_results(path)
    failures: dict[str, str] = {}
    for turn in range(rounds):
        for point in points:
            name = f"{point.key} | {setting}"
            if len(known.get(name, ())) <= turn and point.key not in failures:
                try:
                    answer = probe.ask(point.request(seconds, clock))
                except ProbeFailed as error:
                    failures[point.key] = f"{point.key}: {error}"
                else:
                    result = BenchResult(*(answer.get(part) for part in ("median", "low", "high", "joules", "watts")))
                    known.setdefault(name, []).append(result)
                    _append(path, name, result)
            advance(point.key)
    measured = {point.key: known.get(f"{point.key} | {setting}", []) for point in points}
    return {key: _middle(results) for key, results in measured.items() if results}, list(failures.values())


def _middle(results: Sequence[BenchResult]) -> BenchResult:
    """The result whose median is the median of all; of those without one, such as idle power, whose watts are."""
    return sorted(results, key=lambda result: result.median or result.watts or 0.0)[(len(results) - 1) // 2]


def _append(path: Path, name: str, result: BenchResult) -> None:
    new = not path.exists() or not path.stat().st_size
    values = (result.median, result.low, result.high, result.joules, result.watts)
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(_COLUMNS)
        writer.writerow([name, *("" if value is None else f"{value:.6g}" for value in values)])
