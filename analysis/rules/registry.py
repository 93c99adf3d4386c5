"""All rules, and the judgement of an analysis by them. A module of this folder that has a `RULE` is one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..pipeline import Analysis
from .finding import Finding, Rule, Severity

__all__ = ["RULES", "Finding", "Rule", "Severity", "judge", "rule_for"]


def _rules() -> Iterator[Rule]:
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name != "registry":
            rule = getattr(importlib.import_module(f".{module.name}", __package__), "RULE", None)
            if rule is not None:
                yield rule


RULES: tuple[Rule, ...] = tuple(sorted(_rules(), key=lambda rule: rule.code))


def rule_for(code: str) -> Rule | None:
    """The rule with this code."""
    return next((rule for rule in RULES if rule.code == code), None)


def judge(analysis: Analysis, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """The findings of all rules, by file and line."""
    found = [finding for rule in rules for finding in rule.check(analysis)]
    return tuple(sorted(dict.fromkeys(found), key=lambda f: (f.file, f.line, f.code, f.hardware)))
