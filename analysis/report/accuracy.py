"""Errors of predictions as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from ..measurement.rows import inputs_text
from ..study.measured.errors import Errors, grouped
from ..study.measured.predict import NotPredicted, Predicted
from ..what_if import names
from .table import aligned, markdown

FORMATS = ("text", "markdown", "json")
_COLUMNS = ("rows", "median", "MAPE", "P90", "bias", "Spearman", "within 25 %", "in interval", "plain median")
_WORST = 10
_FAMILY_ROWS = 8
By = Callable[[Predicted], tuple[str, ...]]


def _device(each: Predicted) -> tuple[str, ...]:
    case = each.case
    mode = " ".join((case.mode, *names(case.what_if)))
    return (case.source, case.device, case.framework, mode, case.numerics.value, _kept(each))


def _operator(each: Predicted) -> tuple[str, ...]:
    case = each.case
    return (case.source, case.device, case.name, _kept(each))


def _kept(each: Predicted) -> str:
    return "held out" if each.case.held_out else "fitted"


def _regime(each: Predicted) -> tuple[str, ...]:
    size = "batch 1" if each.case.batch == 1 else "batch to 8" if each.case.batch <= 8 else "larger batches"
    return (each.case.device, f"{each.regime}-bound", size, _kept(each))


def _family(each: Predicted) -> tuple[str, ...]:
    return (each.case.package, each.case.name.partition("_")[0].rstrip("0123456789"), _kept(each))


def _all(each: Predicted) -> tuple[str, ...]:
    return (_subject(each), _kept(each))


def _subject(each: Predicted) -> str:
    if each.case.quantity == "power":
        return "power"
    return "operators" if each.case.is_operator else "models"


_TABLES: Sequence[tuple[str, str, tuple[str, ...], By]] = (
    ("In all", "", ("of", "rows are"), _all),
    ("Models by device", "models", ("source", "device", "framework", "mode", "precision", "rows are"), _device),
    ("Models by what bounds them", "models", ("device", "regime", "batch", "rows are"), _regime),
    ("Models by family, those with most rows", "models", ("package", "family", "rows are"), _family),
    ("Operators", "operators", ("source", "device", "operator", "rows are"), _operator),
    ("Mean power while it runs", "power", ("source", "device", "subject", "rows are"), _operator),
)


def render(
    found: Sequence[Predicted], missing: Sequence[NotPredicted], left_out: Counter[str], output: str
) -> str:  # fmt: skip
    """All tables, the worst rows, and what was left out and why."""
    reasons = left_out + Counter(
        f"{each.case.name}: {each.reason}" if not each.case.is_operator else each.reason for each in missing
    )
    if output == "json":
        return json.dumps(_record(found, reasons), indent=2)
    parts: list[str] = [_preamble()] if output == "markdown" else []
    for title, subject, headings, by in _TABLES:
        lines = _lines(_about(subject, found), by, headings)
        if lines:
            parts += [f"## {title}", "", _table((*headings, *_COLUMNS), lines, output), ""]
    parts += [_worst(found, output), "", _left_out(reasons)]
    return "\n".join(parts)


def _preamble() -> str:
    """What the tables show and how to read them."""
    return Path(__file__).with_suffix(".md").read_text(encoding="utf-8")


def _about(subject: str, found: Sequence[Predicted]) -> list[Predicted]:
    """The rows of a table's subject; without one all."""
    return [each for each in found if subject in ("", _subject(each))]


def _lines(rows: Sequence[Predicted], by: By, headings: Sequence[str]) -> list[tuple[str, ...]]:
    groups = grouped(rows, by)
    if "family" in headings:
        groups = {key: group for key, group in groups.items() if len(group) >= _FAMILY_ROWS}
    return [(*key, *_cells(Errors.of(group))) for key, group in groups.items()]


def _cells(errors: Errors) -> tuple[str, ...]:
    def percent(value: float, sign: str = "") -> str:
        return f"{100 * value:{sign}.1f} %"

    return (
        str(errors.rows), percent(errors.median), percent(errors.mean), percent(errors.p90), percent(errors.bias, "+"),
        "" if errors.spearman is None else f"{errors.spearman:.4f}", percent(errors.near), percent(errors.inside),
        percent(errors.plain),
    )  # fmt: skip


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]], output: str) -> str:
    layout = markdown if output == "markdown" else aligned
    return "\n".join(layout(headings, lines, frozenset(headings)))


def _worst(found: Sequence[Predicted], output: str) -> str:
    worst = sorted(_about("models", found), key=lambda each: -abs(each.error))[:_WORST]
    lines = [
        (
            c.name,
            c.device,
            str(c.batch),
            f"{1e3 * c.measured:.4g} ms",
            f"{1e3 * e.value:.4g} ms",
            f"{100 * e.error:+.0f} %",
        )
        for e in worst
        for c in (e.case,)
    ]
    if not lines:
        return ""
    headings = ("model", "device", "batch", "measured", "predicted", "error")
    return "\n".join(["## The worst of all models", "", _table(headings, lines, output)])


def _left_out(reasons: Counter[str]) -> str:
    if not reasons:
        return ""
    lines = [f"- {count} × {reason}" for reason, count in reasons.most_common()]
    return "\n".join(["## Left out", "", *lines])


def _record(found: Sequence[Predicted], reasons: Counter[str]) -> dict[str, object]:
    tables = {
        title: [
            {**dict(zip(headings, key, strict=True)), **asdict(Errors.of(group))}
            for key, group in grouped(_about(subject, found), by).items()
        ]
        for title, subject, headings, by in _TABLES
    }
    return {"tables": tables, "rows": [_row(each) for each in found], "left_out": dict(reasons)}


def _row(each: Predicted) -> dict[str, object]:
    case = each.case
    return {
        "source": case.source, "name": case.name, "target": case.target, "inputs": inputs_text(case.inputs) or case.size,
        "device": case.device, "framework": case.framework, "mode": case.mode, "set": names(case.what_if),
        "precision": case.numerics.value, "batch": case.batch, "shape": dict(case.shape), "held_out": case.held_out,
        "quantity": case.quantity, "measured": case.measured, "predicted": each.value, "low": each.low, "high": each.high,
        "plain": each.plain, "regime": each.regime,
    }  # fmt: skip
