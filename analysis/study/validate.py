"""Whether a model's figures can be right: universal checks in every mode, and its family's expectations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...hardware_profiles import Precision
from ..estimate import Question, evaluate
from .checks import Check, family_checks, universal_checks
from .families import Family, family_of
from .subjects import Subject


@dataclass(frozen=True, slots=True)
class Validation:
    """The checks of one model. `asked`: on how many questions each universal check was tried."""

    model: str
    target: str
    family: Family | None
    asked: int
    universal: tuple[Check, ...]
    expected: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that found something."""
        return tuple(check for check in (*self.universal, *self.expected) if check.problem)


def validate(subject: Subject, questions: Sequence[Question], family: Family | None = None) -> Validation:
    """Checks a model on every question; a family's figures count for the model as written: FP32, eager."""
    first = next(iter(subject.graphs.values()))
    family = family or family_of((subject.name, first.model))
    asked = [(graph, question) for graph in subject.graphs.values() for question in questions]
    universal: dict[str, Check] = {}
    for graph, question in asked:
        for check in universal_checks(evaluate(graph, question)):
            known = universal.get(check.name)
            if known is None or (check.problem and not known.problem):
                universal[check.name] = _with_place(check, question)
    as_written = Question(questions[0].device, Precision.FP32, "eager")
    expected = tuple(family_checks(family, evaluate(first, as_written))) if family else ()
    return Validation(subject.name, subject.target, family, len(asked), tuple(universal.values()), expected)


def _with_place(check: Check, question: Question) -> Check:
    if check.problem is None:
        return check
    where = f"{question.device.id}, {question.precision.value}, {question.mode}"
    return replace(check, problem=f"{check.problem} ({where})")
