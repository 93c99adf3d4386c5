"""What a rule is, and what it is asked by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..bounds.baseline import REGRESSION, Baseline
from ..bounds.budgets import Bound, Budgets
from ..finding import Finding, Related, Severity
from ..pipeline import Analysis

if TYPE_CHECKING:
    from .subject import Subject

__all__ = ["Criteria", "Finding", "Limits", "Related", "Rule", "Severity"]


@dataclass(frozen=True, slots=True)
class Limits:
    """When a rule speaks: from which share of the model on, from which predicted share of its EDP saved on, and of how many
    lines of a model at most."""

    least_share: float = 0.05
    least_gain: float = 0.02
    most: int = 3


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a project asks of its models: `limits` by the code of the rule that they are for; `budgets` by file and class as seen
    from `root`; no figure larger than in the `baseline` by more than the share `regression`."""

    limits: Mapping[str, Limits] = field(default_factory=dict[str, Limits])
    budgets: Budgets = field(default_factory=dict[str, tuple[Bound, ...]])
    root: Path = Path()
    baseline: Baseline | None = None
    regression: float = REGRESSION


@dataclass(frozen=True, slots=True)
class Rule:
    """A check with its documentation.

    `on_device` looks at one model on one device, `on_analysis` at everything that is known of a file. `summary` is one sentence;
    `rationale`, `helps` and `exceptions` (when it is wrong) are Markdown. `example` is a file for which the rule speaks, `better`
    the same with the advice followed, for which it is silent. `severity` is the highest that its findings have.
    `settings`: the `pyproject.toml` beside the examples.
    """

    code: str
    name: str
    summary: str
    rationale: str
    helps: str
    exceptions: str
    example: str
    better: str
    severity: Severity
    on_device: Callable[[Subject], Iterable[Finding]] | None = None
    on_analysis: Callable[[Analysis, Criteria], Iterable[Finding]] | None = None
    limits: Limits = Limits()
    settings: str = ""

    @property
    def explanation(self) -> str:
        """Why, what helps, and when it is wrong, in Markdown."""
        return f"{self.rationale}\n\nWhat helps: {self.helps}\n\nWhen it is wrong: {self.exceptions}"
