"""Models and devices side by side, and the third level of the EDP hierarchy: why architectures differ on one model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..estimate import Question, on_device
from .anatomy import Anatomy
from .grid import Grid
from .points import Point, answer, plans_of
from .subjects import Subject

_Figure = Callable[[Point], float]
LOWER_IS_BETTER: dict[str, _Figure] = {
    "latency": lambda point: point.latency_s,
    "energy": lambda point: point.energy_j,
    "EDP": lambda point: point.edp_js,
    "memory": lambda point: point.peak_memory_bytes,
}
HIGHER_IS_BETTER: dict[str, _Figure] = {"filled": lambda point: point.utilization}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row of a comparison: its figures, and where they come from."""

    point: Point
    anatomy: Anatomy


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows that compete, and by column which of them are `best`: none where all are alike."""

    candidates: tuple[Candidate, ...]
    best: dict[str, frozenset[int]]


def compare(subjects: Sequence[Subject], grid: Grid) -> list[Comparison]:
    """The rows of a model compete with each other; models that have one row each, with the other models."""
    rows = [candidates(subject, grid.questions()) for subject in subjects]
    if all(len(row) <= 1 for row in rows):
        rows = [[candidate for row in rows for candidate in row]]
    return [_comparison(row) for row in rows if row]


def candidates(subject: Subject, questions: Sequence[Question]) -> list[Candidate]:
    """A row for every question and batch size."""
    found: list[Candidate] = []
    for question in questions:
        for batch in subject.graphs:
            plans, written = plans_of(subject, batch)
            plan = plans.of(question)
            anatomy = Anatomy.of(plan, on_device(plan, question), question)
            points = answer(subject.name, subject.target, batch, plans, written, [question])
            found += [Candidate(point, anatomy) for point in points]
    return found


def _comparison(rows: Sequence[Candidate]) -> Comparison:
    best: dict[str, frozenset[int]] = {}
    for figures, choose in ((LOWER_IS_BETTER, min), (HIGHER_IS_BETTER, max)):
        for name, figure in figures.items():
            values = [figure(candidate.point) for candidate in rows]
            first = frozenset(row for row, value in enumerate(values) if value == choose(values))
            best[name] = first if len(first) < len(values) else frozenset()
    return Comparison(tuple(rows), best)
