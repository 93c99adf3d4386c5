"""Rows that `graphperf measure` wrote, of targets and on devices of one's own."""

from __future__ import annotations

from collections.abc import Mapping

from ...fusion import Mode
from ...measurement.measure import LAYOUTS, RUNS
from ...measurement.rows import MeasuredRow, inputs_of
from ...numerics import parse_numerics
from ...what_if import ENVIRONMENT, WhatIf, WhatIfs
from .cases import Case

_RUNS: Mapping[str, tuple[Mode, WhatIfs]] = {compiled: (mode, what_if) for compiled, mode, what_if in RUNS.values()}


def own_case(row: MeasuredRow, device: str) -> Case | str:
    """What a row measured, or why it is left out. Raises `ValueError` for a row that is not whole."""
    if row.compiled not in _RUNS or row.mode != "infer" or row.layout not in LAYOUTS:
        return f"{row.mode} {row.layout} {row.compiled or 'eager'} runs are not what measure makes"
    if not row.target:
        raise ValueError("no target")
    mode, what_if = _RUNS[row.compiled]
    what_if |= {each for each in ENVIRONMENT if each.value in row.note.split()}
    if row.layout == LAYOUTS[True]:
        what_if |= {WhatIf.CHANNELS_LAST}
    package = row.target.partition(":")[0].removesuffix(".models")
    return Case(
        row.source, row.model, device, row.framework, parse_numerics(row.precision), mode, what_if, row.batch,
        row.latency_ms / 1e3, package=package, target=row.target, inputs=inputs_of(row.input), note=row.note,
    )  # fmt: skip
