"""What rules say of a model: a finding, and what following its advice is predicted to change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .report import units

# Where the folder docs/rules of the repository can be read, a page a rule.
_PAGES = "https://github.com/graphperf/graphperf/blob/main/docs/rules"

Severity = Literal["error", "warning", "information", "hint"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "information", "hint")


@dataclass(frozen=True, slots=True)
class Figures:
    """One run: seconds, joules, and the bytes of memory at its fullest."""

    latency_s: float
    energy_j: float
    memory_bytes: float

    @property
    def edp(self) -> float:
        """Energy-delay product in J·s."""
        return self.latency_s * self.energy_j


@dataclass(frozen=True, slots=True)
class Gain:
    """The figures of a model as it is and as it would be, both estimated in the same way."""

    before: Figures
    after: Figures

    @property
    def edp(self) -> float:
        """The share of the EDP that would be saved; below zero where it would grow."""
        return 1 - self.after.edp / self.before.edp if self.before.edp else 0.0

    @property
    def seconds(self) -> float:
        """Seconds that would be saved."""
        return self.before.latency_s - self.after.latency_s

    @property
    def text(self) -> str:
        """`latency −12 %, energy −9 %, EDP −20 %`, and the memory where it changes."""
        pairs = [
            ("latency", self.before.latency_s, self.after.latency_s),
            ("energy", self.before.energy_j, self.after.energy_j),
            ("EDP", self.before.edp, self.after.edp),
            ("memory", self.before.memory_bytes, self.after.memory_bytes),
        ]
        shown = [(name, units.difference(old, new)) for name, old, new in pairs]
        return ", ".join(f"{name} {text}" for name, text in shown if name != "memory" or "±0" not in text)


@dataclass(frozen=True, slots=True)
class Related:
    """Another line that a finding is about, and in words what it has to do with it."""

    message: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding at a line of a file (counted from 1). `share` is the part of the model's EDP that it is about, `gain` what
    following its advice is predicted to change. `calls`: how a run gets to the line, the outermost first, where that takes
    calls."""

    code: str
    message: str
    file: str
    line: int
    severity: Severity
    target: str
    hardware: str = ""
    share: float = 0.0
    gain: Gain | None = None
    related: tuple[Related, ...] = ()
    calls: tuple[Related, ...] = ()


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By file, line, code and device, each once."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda f: (f.file, f.line, f.code, f.hardware)))


def rule_page(code: str) -> str:
    """The address of a rule's page."""
    return f"{_PAGES}/{code}.md"
