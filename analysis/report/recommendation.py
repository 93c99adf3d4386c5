"""A recommendation as text, Markdown, CSV or JSON: the winner, and of every other candidate why it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ..study.grid import Skipped
from ..study.points import Point
from ..study.recommend import Limits, Objective, Ranked, Recommendation, Violation
from . import table, units
from .point_table import FIGURES, LEFT

FORMATS = ("text", "json", "csv", "markdown")
_MOST_ROWS = 20
_GOALS = {
    "edp": "lowest EDP a sample", "latency": "lowest latency", "energy": "lowest energy a sample",
    "throughput": "highest throughput",
}  # fmt: skip
_HEADER = ["hardware", "precision", "mode", "batch", "latency", "energy", "memory", "power", "throughput", "verdict"]


def render(found: Sequence[Recommendation], skipped: Sequence[Skipped], output: str, *, everything: bool) -> str:
    """The recommendations, one a model, in one of the `FORMATS`."""
    if output == "csv":
        return table.comma_separated([_flat(row, each.objective) for each in found for row in each.ranked])
    if output == "json":
        records = [
            {
                "objective": each.objective,
                "limits": asdict(each.limits),
                "winners": [_record(row, each.objective) for row in each.winners],
                "candidates": [_record(row, each.objective) for row in each.ranked],
            }
            for each in found
        ]
        record = {"recommendations": records, "skipped": [asdict(entry) for entry in skipped]}
        return json.dumps(record, indent=2, ensure_ascii=False)
    return "\n\n".join("\n".join(_lines(each, output, everything)) for each in found)


def _lines(found: Recommendation, output: str, everything: bool) -> Iterator[str]:
    model = found.ranked[0].point.model
    kept = sum(not row.violations for row in found.ranked)
    among = f"{kept} of {units.count(len(found.ranked), 'candidate')} keep the limits"
    yield f"{model}: {_GOALS[found.objective]}{_limits(found.limits)}; {among}"
    yield ""
    if not found.winners:
        nearest = found.ranked[0]
        yield f"No candidate keeps the limits. Nearest: {_name(nearest.point)}, {verdict(nearest, found.objective)}."
    for winner in found.winners:
        yield f"{_name(winner.point)}: {_figures(winner.point)}"
    yield ""
    shown = found.ranked if everything else found.ranked[:_MOST_ROWS]
    yield from (table.markdown if output == "markdown" else table.aligned)(
        _HEADER, [_row(row, found.objective) for row in shown], LEFT
    )
    if len(shown) < len(found.ranked):
        yield f"… and {units.count(len(found.ranked) - len(shown), 'candidate')} more (--all)"


def _limits(limits: Limits) -> str:
    texts = [
        f"{name} {sign} {form(value)}"
        for name, sign, value, form in (
            ("latency", "≤", limits.latency_s, units.seconds),
            ("power", "≤", limits.power_w, _watts),
            ("memory", "≤", limits.memory_bytes, units.data),
            ("throughput", "≥", limits.throughput_per_s, _rate),
        )
        if value is not None
    ]
    return f" with {', '.join(texts)}" if texts else ""


def _name(point: Point) -> str:
    return f"{point.hardware} · {point.precision} · {point.mode} · batch {point.batch}"


def _figures(point: Point) -> str:
    return " · ".join(
        [
            units.seconds(point.latency_s), units.joules(point.energy_j), f"EDP {units.edp(point.edp_js)}",
            f"{units.data(point.peak_memory_bytes)} of memory", f"{_watts(point.power_w)} of {_watts(point.tdp_w)}",
            _rate(point.throughput_per_s), f"{FIGURES['bound'](point).replace(' ', '-bound ', 1)} of the time",
        ]
    )  # fmt: skip


def _row(row: Ranked, objective: Objective) -> list[str]:
    point = row.point
    return [
        point.hardware, point.precision, point.mode, str(point.batch), units.seconds(point.latency_s),
        units.joules(point.energy_j), units.data(point.peak_memory_bytes),
        f"{_watts(point.power_w)} of {_watts(point.tdp_w)}", _rate(point.throughput_per_s), verdict(row, objective),
    ]  # fmt: skip


def verdict(row: Ranked, objective: Objective) -> str:
    """`best`; `latency 62 % over the limit`; `EDP 2.3 times the best`."""
    if row.violations:
        return ", ".join(_broken(violation) for violation in row.violations)
    if row.ratio == 1.0:
        return "best"
    name = "EDP" if objective == "edp" else objective
    if objective == "throughput":
        return f"{name} {units.percent(1 - 1 / row.ratio)} below the best"
    more = f"{units.three_digits(row.ratio)} times" if row.ratio >= 1.995 else f"{units.percent(row.ratio - 1)} over"
    return f"{name} {more} the best"


def _broken(violation: Violation) -> str:
    name = "memory" if violation.figure == "capacity" else violation.figure
    whose = "the device's" if violation.figure == "capacity" else "the limit"
    if violation.factor < 1.995:
        share = violation.factor - 1 if name != "throughput" else 1 - 1 / violation.factor
        return f"{name} {units.percent(share)} {'below' if name == 'throughput' else 'over'} {whose}"
    factor = units.three_digits(violation.factor)
    return f"{name} 1/{factor} of {whose}" if name == "throughput" else f"{name} {factor} times {whose}"


def _watts(value: float) -> str:
    return f"{units.three_digits(value)} W"


def _rate(value: float) -> str:
    return f"{units.three_digits(value)}/s"


def _flat(row: Ranked, objective: Objective) -> dict[str, Any]:
    record = _record(row, objective)
    return record | {"violations": " ".join(violation["figure"] for violation in record["violations"])}


def _record(row: Ranked, objective: Objective) -> dict[str, Any]:
    broken = [asdict(violation) | {"factor": violation.factor} for violation in row.violations]
    return asdict(row.point) | {
        "score": row.score,
        "score_ratio": row.ratio,
        "violations": broken,
        "verdict": verdict(row, objective),
    }
