"""`graphperf validate --measured`: predictions beside tables of measurements."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import md5
from pathlib import Path

from ..capture import AgentPool
from ..discovery import UsageError
from ..report.accuracy import render
from ..settings import Options
from ..study.measured.cases import Case
from ..study.measured.predict import NotPredicted, Predicted, predictions, without_floor
from ..study.measured.tables import read_cases
from .common import capturer_for, fail, progress


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
        cases = _sampled(cases, sample)
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


def _sampled(cases: Sequence[Case], most: int) -> list[Case]:
    """At most so many of each source, device, mode and kind of operator: always the same."""

    def draw(case: Case) -> str:
        return md5(f"{case.name}{case.batch}{case.size}{case.shape}".encode()).hexdigest()

    groups: dict[tuple[str, ...], list[Case]] = {}
    for case in sorted(cases, key=draw):
        kind = case.name if case.is_operator else "model"
        key = (case.source, case.device, case.mode, str(sorted(case.what_if)), case.framework, kind)
        groups.setdefault(key, []).append(case)
    return [case for group in groups.values() for case in group[:most]]
