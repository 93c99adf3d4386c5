"""`graphperf validate --measured`: predictions beside tables of measurements."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..capture import AgentPool
from ..discovery import UsageError
from ..pipeline import capturer_for
from ..report.accuracy import render
from ..settings import Options
from ..study.measured.cases import Case, sampled
from ..study.measured.harness import without_floor
from ..study.measured.predict import NotPredicted, Predicted, predictions
from ..study.measured.tables import read_cases
from .common import progress
from .exits import fail


def accuracy(paths: Sequence[Path], options: Options, sample: int | None, output: str) -> str:
    """The report on all rows of the tables, or on a sample of each table's models and operators. Raises `UsageError`."""
    try:
        cases, left_out = read_cases(paths)
    except (OSError, ValueError) as error:
        raise UsageError(f"--measured: {error}") from error
    cases, short = without_floor(cases)
    if short:
        left_out["operators that take no longer than their harness"] += short
    if sample is not None:
        cases = sampled(cases, sample, _kind)
    if not cases:
        fail("--measured: no row that could be predicted")
    found: list[Predicted] = []
    missing: list[NotPredicted] = []
    with progress() as note, AgentPool() as pool:
        for each in predictions(cases, capturer_for(pool, options), note):
            if isinstance(each, Predicted):
                found.append(each)
            else:
                missing.append(each)
    return render(found, missing, left_out, output)


def _kind(case: Case) -> tuple[str, ...]:
    """Source, device, mode, and model or kind of operator."""
    kind = case.name if case.is_operator else "model"
    return (case.source, case.device, case.mode, str(sorted(case.what_if)), case.framework, kind)
