"""All rules, and the judgement of an analysis by them."""

from __future__ import annotations

from collections.abc import Sequence

from ..pipeline import Analysis
from . import capture_failed, done_without, memory_bound, unsupported, utilization
from .finding import Finding, Rule, Severity

__all__ = ["RULES", "Finding", "Rule", "Severity", "judge", "rule_for"]

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (memory_bound.RULE, utilization.RULE, unsupported.RULE, capture_failed.RULE, done_without.RULE),
        key=lambda rule: rule.code,
    )
)


def rule_for(code: str) -> Rule | None:
    """The rule with this code."""
    return next((rule for rule in RULES if rule.code == code), None)


def judge(analysis: Analysis, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """The findings of all rules, by file and line."""
    found = [finding for rule in rules for finding in rule.check(analysis)]
    return tuple(sorted(dict.fromkeys(found), key=lambda f: (f.file, f.line, f.code, f.hardware)))
