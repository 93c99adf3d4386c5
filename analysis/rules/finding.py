"""What a rule returns, and what a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from ..pipeline import Analysis

Severity = Literal["error", "warning", "information", "hint"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding at a line of a file (counted from 1). `share` is the part of the model's EDP that it is about."""

    code: str
    message: str
    file: str
    line: int
    severity: Severity
    target: str
    hardware: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A check with its documentation: `summary` in one sentence, `explanation` in Markdown."""

    code: str
    name: str
    summary: str
    explanation: str
    severity: Severity
    check: Callable[[Analysis], Iterable[Finding]]
