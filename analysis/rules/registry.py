"""All rules, and the judgement of an analysis by them. A module of a folder of this one that has a `RULE` is one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ..finding import Finding, in_order
from ..pipeline import Analysis
from ..silencing import UNUSED, unsilenced
from .finding import Criteria, Rule
from .gain import Reruns
from .places import analyzed_file
from .subject import Subject


def _rules() -> Iterator[Rule]:
    package = __package__ or ""
    for family in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if family.ispkg:
            folder = Path(__file__).parent / family.name
            for module in pkgutil.iter_modules([str(folder)]):
                found = importlib.import_module(f"{package}.{family.name}.{module.name}")
                rule = getattr(found, "RULE", None)
                if rule is not None:
                    yield rule


RULES: tuple[Rule, ...] = tuple(sorted(_rules(), key=lambda rule: rule.code))


def rule_for(name: str) -> Rule | None:
    """The rule with this code or name."""
    return next((rule for rule in RULES if name in (rule.code, rule.name)), None)


def judge(analysis: Analysis, rules: Sequence[Rule] = RULES, criteria: Criteria | None = None) -> tuple[Finding, ...]:
    """The findings of the rules, by file and line, without those that the file's comments silence."""
    found, comments = findings_of(analysis, rules, criteria), analysis.discovery.suppressed
    whole = any(rule.code == UNUSED for rule in rules) and all(problem.part for problem in analysis.problems)
    return in_order(unsilenced(found, comments, analyzed_file(analysis), whole=whole))


def findings_of(
    analysis: Analysis, rules: Sequence[Rule] = RULES, criteria: Criteria | None = None
) -> tuple[Finding, ...]:
    """The findings of the rules, by file and line, whatever the file's comments say."""
    asked = criteria or Criteria()
    reruns = [Reruns(result.graph) for result in analysis.results]
    return in_order(finding for rule in rules for finding in _findings(rule, analysis, asked, reruns))


def _findings(rule: Rule, analysis: Analysis, criteria: Criteria, reruns: Sequence[Reruns]) -> Iterator[Finding]:
    if rule.on_analysis is not None:
        yield from rule.on_analysis(analysis, criteria)
    if rule.on_device is not None:
        limits = criteria.limits.get(rule.code, rule.limits)
        subjects = (
            Subject(rule, analysis, result, evaluation, limits, shared)
            for result, shared in zip(analysis.results, reruns, strict=True)
            for evaluation in result.evaluations
        )
        yield from _on_devices(rule.on_device, subjects)


def _on_devices(check: Callable[[Subject], Iterable[Finding]], subjects: Iterable[Subject]) -> Iterator[Finding]:
    """Its findings, at a line that several models share those of the one that takes longest."""
    claimed: dict[tuple[str, int, str], str] = {}
    for subject in sorted(subjects, key=lambda subject: -subject.figures.latency_s):
        for finding in check(subject):
            at = (finding.file, finding.line, finding.hardware)
            if claimed.setdefault(at, finding.target) == finding.target:
                yield finding
