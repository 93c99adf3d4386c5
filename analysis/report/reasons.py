"""Figures of a comparison in words: what bounds a model on a device, and what one device has over another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..study.anatomy import Anatomy
from ..study.compare import Candidate
from ..study.points import Point
from . import units

_NOTABLE_PADDING = 1.15
_NOTABLE_FILL = 0.5
_NOTABLE_PART = 0.15
_Parts = Mapping[str, float]


def reasons(candidates: Sequence[Candidate]) -> list[str]:
    """A portrait of each row; then what makes the fastest fast, and the most frugal frugal, against the others."""
    names = row_names([candidate.point for candidate in candidates])
    texts = [portrait(name, candidate.anatomy) for name, candidate in zip(names, candidates, strict=True)]
    if len(candidates) > 1:
        seconds = [(name, candidate.anatomy.seconds) for name, candidate in zip(names, candidates, strict=True)]
        joules = [(name, candidate.anatomy.joules) for name, candidate in zip(names, candidates, strict=True)]
        texts += [advantage("fastest", "s", seconds), advantage("most frugal", "J", joules)]
    return texts


def row_names(points: Sequence[Point]) -> list[str]:
    """What tells the rows apart: whatever differs between them."""
    fields = ("model", "hardware", "precision", "mode", "batch")
    varied = [name for name in fields if len({getattr(point, name) for point in points}) > 1] or ["hardware"]
    return [
        " ".join(f"batch {point.batch}" if name == "batch" else str(getattr(point, name)) for name in varied)
        for point in points
    ]


def portrait(name: str, anatomy: Anatomy) -> str:
    """`h100: launches take 82 % of the time (62 kernels, 8.2 µs each); static power takes 73 % of the energy.`"""
    seconds = anatomy.seconds
    total = sum(seconds.values()) or 1.0
    parts = sorted(seconds, key=lambda part: -seconds[part])
    shown = [part for part in parts if seconds[part] / total >= _NOTABLE_PART] or parts[:1]
    texts = [_share(part, seconds[part] / total, anatomy, first=index == 0) for index, part in enumerate(shown)]
    if anatomy.filled < _NOTABLE_FILL:
        texts.append(f"its units are filled to {units.percent(anatomy.filled)}")
    energy = sum(anatomy.joules.values()) or 1.0
    most = max(anatomy.joules, key=lambda part: anatomy.joules[part])
    return f"{name}: {', '.join(texts)}; {most} takes {units.percent(anatomy.joules[most] / energy)} of the energy."


def _share(part: str, share: float, anatomy: Anatomy, *, first: bool) -> str:
    taken = (
        f"{part} {'take' if part == 'launches' else 'takes'} {units.percent(share)}{' of the time' if first else ''}"
    )
    if part == "launches":
        each = anatomy.times.launch / anatomy.launches if anatomy.launches else 0.0
        return f"{taken} ({units.count(anatomy.launches, 'kernel')}, {units.seconds(each)} each)"
    if part == "traffic":
        passes = units.three_digits(anatomy.passes)
        moved = f"{units.data(anatomy.dram_bytes)} cross DRAM, {passes} passes over weights and activations"
        return f"{taken} ({moved}, at {units.percent(anatomy.dram_rate)} of its bandwidth)"
    padded = f", {units.three_digits(anatomy.padding)} times the useful arithmetic with padding" * (
        anatomy.padding > _NOTABLE_PADDING
    )
    peak = units.large(anatomy.peak, "FLOP/s")
    return f"{taken} (at {units.percent(anatomy.peak_share)} of the peak of {peak}{padded})"


def advantage(word: str, unit: str, rows: Sequence[tuple[str, _Parts]]) -> str:
    """`h100 is fastest. i7 takes 39 times as much (+19.6 ms: arithmetic 0.2 ms → 19.3 ms); ...`"""
    (name, own), *others = sorted(rows, key=lambda row: sum(row[1].values()))
    total = sum(own.values())
    texts = [_disadvantage(other, parts, own, total, unit) for other, parts in others]
    return f"{name} is {word}. {'; '.join(texts)}."


def _disadvantage(name: str, parts: _Parts, own: _Parts, total: float, unit: str) -> str:
    whole = sum(parts.values())
    difference = {part: parts[part] - own[part] for part in parts}
    largest = max(difference, key=lambda part: difference[part])
    if whole <= total or not total:
        return f"{name} takes as much"
    more = units.small(whole - total, unit)
    return (
        f"{name} takes {_factor(whole / total)} (+{more}: {largest} {units.small(own[largest], unit)} → "
        f"{units.small(parts[largest], unit)})"
    )


def _factor(ratio: float) -> str:
    return f"{units.three_digits(ratio)} times as much" if ratio >= 1.995 else f"{units.percent(ratio - 1)} more"
