"""What the rules are asked by, from the settings of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..bounds.baseline import read_baseline
from ..discovery import UsageError
from ..rules import Criteria, Limits, rule_for
from .settings import LintSettings


def criteria_of(settings: LintSettings) -> Criteria:
    """Raises `UsageError` for what no rule, or no file, is behind."""
    return Criteria(
        {code: _limits(code, given) for code, given in settings.limits.items()},
        settings.budgets,
        settings.root,
        read_baseline(settings.baseline) if settings.baseline is not None else None,
        settings.regression,
    )


def _limits(code: str, given: Mapping[str, float]) -> Limits:
    rule = rule_for(code)
    if rule is None:
        raise UsageError(f"pyproject.toml: [tool.graphperf.lint] {code} is no rule")
    changed: dict[str, Any] = {name: int(value) if name == "most" else value for name, value in given.items()}
    return replace(rule.limits, **changed)
