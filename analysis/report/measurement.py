"""Predicted against measured, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from ..measurement.measure import Accuracy, Compared
from ..what_if import WhatIf, assignments
from . import units
from .table import aligned

FORMATS = ("text", "json")
_COLUMNS = ("model", "batch", "precision", "mode", "measured", "p10 to p90", "predicted", "interval", "error", "inside")
_MUCH, _SHARE = 1e6, 0.1  # bytes, and the share of a run's time, from which on cleared pages are told
_KEPT = (
    f"glibc keeps them with {assignments(WhatIf.KEPT_PAGES)} in the environment: "
    f"`--set {WhatIf.KEPT_PAGES.value}` measures and predicts that"
)


def render(compared: Sequence[Compared], hardware: str, output: str) -> str:
    """The rows, and how far off they are in all."""
    found = Accuracy.of(compared)
    if output == "json":
        rows = [_record(each) for each in compared]
        summary = asdict(found) if found is not None else None
        return json.dumps({"hardware": hardware, "rows": rows, "accuracy": summary}, indent=2)
    text = aligned(_COLUMNS, [_cells(each) for each in compared], frozenset(_COLUMNS))
    if told := [line for line in map(_cleared, compared) if line]:
        text += ["", *told, _KEPT]
    return "\n".join([*text, "", accuracy_line(found, hardware)])


def accuracy_line(found: Accuracy | None, hardware: str) -> str:
    """One sentence on all rows."""
    if found is None:
        return "nothing was measured"
    return (
        f"{found.rows} rows against {hardware}: median error {100 * found.median_error:.1f} %, "
        f"MAPE {100 * found.mean_error:.1f} %, bias {100 * found.bias:+.1f} %, {found.inside} inside the interval"
    )


def _cleared(each: Compared) -> str:
    """What is to be known of a run that spent much of its time in the system; an unloaded machine does so for memory alone."""
    row, cleared = each.row, each.cleared
    if row is None or cleared is None or cleared.bytes < _MUCH or cleared.seconds < _SHARE * row.latency_ms / 1e3:
        return ""
    return (
        f"{row.model}, batch {row.batch}, {each.run.mode}: the system spends {units.seconds(cleared.seconds)} of processor time "
        f"a run on clearing {units.data(cleared.bytes)} in pages that the allocator gave back after the run before"
    )


def _cells(each: Compared) -> tuple[str, ...]:
    run, row, predicted = each.run, each.row, each.predicted
    given = (run.model.target.rpartition(":")[2], str(run.model.graph.batch), run.precision.value, run.mode)
    expected = (units.seconds(predicted.value), f"{units.seconds(predicted.low)} to {units.seconds(predicted.high)}")
    if row is None or each.error is None:
        return (*given, "failed", each.problem[:60], *expected, "", "")
    spread = f"{row.latency_low_ms or 0:.3g} to {row.latency_high_ms or 0:.3g} ms"
    inside = "yes" if each.inside else "no"
    return (*given, units.seconds(row.latency_ms / 1e3), spread, *expected, f"{100 * each.error:+.1f} %", inside)


def _record(each: Compared) -> dict[str, object]:
    measured = asdict(each.row) if each.row is not None else None
    predicted = {"latency_s": each.predicted.value, "low_s": each.predicted.low, "high_s": each.predicted.high}
    asked = {"target": each.run.model.target, "batch": each.run.model.graph.batch, "mode": each.run.mode}
    return {
        **asked, "precision": each.run.precision.value, "measured": measured, "predicted": predicted, "error": each.error,
        "inside": each.inside, "problem": each.problem or None, "from_file": each.old,
        "cleared": asdict(each.cleared) if each.cleared is not None else None,
    }  # fmt: skip
