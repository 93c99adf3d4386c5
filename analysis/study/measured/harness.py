"""Measured operators less what their harness adds to the kernel's time (`floors` of `sources.toml`)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .cases import Case, sources

_ANY = ""  # the fastest host, for devices that the table of small operators lacks


def without_floor(cases: Iterable[Case]) -> tuple[list[Case], int]:
    """Operators less what their harness adds before the kernel starts.

    Rows that are not at least twice as long as its least row, or as what it adds, say little of the operator: they are left
    out, and counted.
    """
    found = list(cases)
    harnesses: dict[str, Any] = {each["source"]: each for each in sources()["floors"]}
    least = _least(found, harnesses)
    before: Counter[tuple[str, str, str]] = Counter()
    kept: list[Case] = []
    for case in found:
        key = (case.source, case.name, case.device)
        floor = least.get(key, least.get((case.source, case.name, _ANY), 0.0))
        added = 0.0
        if case.is_operator and (harness := harnesses.get(case.source)) is not None:
            of_table = case.framework == harness["table"]
            added = _added(case, floor, harness, before[key] if of_table else 0)
            before[key] += of_table
        if case.measured >= 2 * max(floor, added):
            kept.append(replace(case, measured=case.measured - added) if added else case)
    return kept, len(found) - len(kept)


def _least(cases: Iterable[Case], harnesses: Mapping[str, Any]) -> Mapping[tuple[str, str, str], float]:
    """The least row of each source, operator and device in the harness's table."""
    least: dict[tuple[str, str, str], float] = {}
    for case in cases:
        if case.source in harnesses and case.framework == harnesses[case.source]["table"]:
            for device in (case.device, _ANY):
                key = (case.source, case.name, device)
                least[key] = min(case.measured, least.get(key, case.measured))
    return least


def _added(case: Case, floor: float, harness: Mapping[str, Any], before: int) -> float:
    """Seconds, after so many rows of the operator on the device in its table."""
    growing = harness.get("growing_us", {}).get(case.name, {}).get(case.device)
    if growing is not None:
        thousands = before / 1000
        return 1e-6 * sum(each * thousands**power for power, each in enumerate(growing))
    fixed = harness.get("added_s")
    if fixed is not None:
        return fixed.get(case.device, fixed["others"])
    blocks = harness["in_blocks"]
    if dict(case.shape).get("H", 0) <= blocks["rows_beyond"].get(case.name, math.inf):
        return harness["before"] * floor
    return blocks["before"].get(case.device, blocks["before"]["others"]) * floor
