"""Which device, precision, mode and batch size to take under limits, and why not the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from .points import Point

Objective = Literal["edp", "latency", "energy", "throughput"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a candidate must keep, in SI units; None is no limit. Its device's memory always holds."""

    latency_s: float | None = None
    power_w: float | None = None
    memory_bytes: float | None = None
    throughput_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that is not kept. `figure` names it: latency, power, memory, capacity (the device's own memory), throughput."""

    figure: str
    value: float
    limit: float

    @property
    def factor(self) -> float:
        """How many times too large, or for a throughput too small."""
        return self.limit / self.value if self.figure == "throughput" else self.value / self.limit


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate: the `score` that ranks it (lower is better), as a multiple of the best, and the limits it breaks."""

    point: Point
    score: float
    ratio: float
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """All candidates: those within the limits by score, then the others, those that miss by least first."""

    objective: Objective
    limits: Limits
    ranked: tuple[Ranked, ...]

    @property
    def winners(self) -> tuple[Ranked, ...]:
        """The best within the limits; several when they are equal, none when nothing keeps the limits."""
        return tuple(candidate for candidate in self.ranked if not candidate.violations and candidate.ratio == 1.0)


# Batches differ in size, so energy and time count for one sample; latency is what a caller waits for, the whole batch.
_SCORES: Mapping[Objective, Callable[[Point], float]] = {
    "edp": lambda point: point.edp_js / point.batch**2,
    "latency": lambda point: point.latency_s,
    "energy": lambda point: point.energy_j / point.batch,
    "throughput": lambda point: 1 / point.throughput_per_s if point.throughput_per_s else float("inf"),
}


def recommend(points: Sequence[Point], limits: Limits, objective: Objective) -> Recommendation:
    """Ranks the points of one model; what is the same under another name counts once."""
    points = _distinct(points)
    broken = [violations(point, limits) for point in points]
    scores = [_SCORES[objective](point) for point in points]
    allowed = [score for score, violated in zip(scores, broken, strict=True) if not violated]
    best = min(allowed, default=min(scores, default=1.0)) or 1.0
    ranked = [Ranked(p, score, score / best, v) for p, score, v in zip(points, scores, broken, strict=True)]
    return Recommendation(objective, limits, tuple(sorted(ranked, key=_order)))


def _distinct(points: Sequence[Point]) -> list[Point]:
    """The first of each: on an accelerator `compiled` is `eager`, and a device's default power mode is the device."""
    found: dict[tuple[object, ...], Point] = {}
    for point in points:
        device = point.hardware.partition("@")[0]
        same = (device, point.precision, point.batch, point.what_if, point.latency_s, point.energy_j, point.tdp_w)
        found.setdefault(same, point)
    return list(found.values())


def violations(point: Point, limits: Limits) -> tuple[Violation, ...]:
    """The limits that a point breaks."""
    checked = (
        ("latency", point.latency_s, limits.latency_s),
        ("power", point.power_w, limits.power_w),
        ("memory", point.peak_memory_bytes, limits.memory_bytes),
        ("capacity", point.peak_memory_bytes, point.capacity_bytes),
        ("throughput", point.throughput_per_s, limits.throughput_per_s),
    )
    found = (Violation(name, value, limit) for name, value, limit in checked if limit is not None)
    return tuple(violation for violation in found if violation.factor > 1)


def _order(candidate: Ranked) -> tuple[float, float]:
    return max((violation.factor for violation in candidate.violations), default=0.0), candidate.score
