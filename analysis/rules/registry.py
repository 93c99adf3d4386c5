"""All rules, and the judgement of an analysis by them. A module of this folder that has a `RULE` is one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..discovery.suppression import silenced
from ..pipeline import Analysis
from .finding import Finding, Rule, Severity

__all__ = ["RULES", "Finding", "Rule", "Severity", "judge", "rule_for", "rule_page"]

# Where the folder docs/rules of the repository can be read, a page a rule.
PAGES = "https://github.com/graphperf/graphperf/blob/main/docs/rules"


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


def rule_page(code: str) -> str:
    """The address of a rule's page."""
    return f"{PAGES}/{code}.md"


def judge(analysis: Analysis, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """The findings of all rules, by file and line, without those that the file's comments silence."""
    found = [finding for rule in rules for finding in rule.check(analysis) if not _silenced(finding, analysis)]
    return tuple(sorted(dict.fromkeys(found), key=lambda f: (f.file, f.line, f.code, f.hardware)))


def _silenced(finding: Finding, analysis: Analysis) -> bool:
    """Whether a comment on the finding's line silences it. Only the analysed file's comments are known."""
    codes = analysis.discovery.suppressed.get(finding.line)
    if codes is None or finding.file != finding.target.partition("::")[0]:
        return False
    return silenced(finding.code, codes)
