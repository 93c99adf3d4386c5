"""What is reported of a text in the editor: what `graphperf-lint` would report of it, with the same criteria."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..analysis.discovery import UsageError
from ..analysis.finding import Finding
from ..analysis.lint.criteria import criteria_of
from ..analysis.lint.outcome import reported
from ..analysis.lint.settings import LintSettings
from ..analysis.lint.worker import checked_of
from ..analysis.pipeline import Analysis
from ..analysis.silencing import unused_codes


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings that are reported, by line. `unused`: line → the codes that its comment silences nothing with."""

    findings: tuple[Finding, ...] = ()
    unused: Mapping[int, list[str]] = field(default_factory=dict[int, list[str]])


def judged(analysis: Analysis, path: Path, text: str, asked: LintSettings) -> Judgement:
    """The judgement of a fresh analysis of a text. What has become unusable since the settings were read is left out."""
    try:
        return _judged(analysis, path, text, asked)
    except UsageError:
        return _judged(analysis, path, text, without_criteria(asked))


def without_criteria(asked: LintSettings) -> LintSettings:
    """The same selection of findings, without what the project asks of figures."""
    return replace(asked, baseline=None, budgets={}, limits={})


def _judged(analysis: Analysis, path: Path, text: str, asked: LintSettings) -> Judgement:
    checked = checked_of(path, analysis, criteria_of(asked), text)
    unused = unused_codes(checked.findings, analysis.discovery.suppressed, checked.file)
    return Judgement(tuple(reported([checked], asked)), unused)
