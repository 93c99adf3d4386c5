"""From what was found in files to what is reported: silenced by comments, selected, known from before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..bounds.baseline import baseline_text, read_baseline
from ..discovery import UnreadableSource, read_python
from ..discovery.classes import split_lines
from ..discovery.suppression import suppressions
from ..finding import Finding, in_order
from ..report.findings.fingerprint import Sources, fingerprints
from ..silencing import unsilenced
from .checked import Checked
from .settings import LintSettings


def reported(checked: Sequence[Checked], settings: LintSettings) -> list[Finding]:
    """The findings that neither comments nor settings nor the baseline leave out, by file and line. Raises `UsageError`."""
    ordered = in_order(finding for each in checked for finding in _of_file(each) if settings.selects(finding))
    if settings.baseline is None:
        return list(ordered)
    baseline = read_baseline(settings.baseline)
    marks = fingerprints(ordered, baseline.root, sources_of(checked))
    return [finding for finding, mark in zip(ordered, marks, strict=True) if mark not in baseline.known]


def as_baseline(checked: Sequence[Checked], settings: LintSettings, file: Path) -> str:
    """What a baseline file is to hold: the figures of all models, and the findings that are reported by these settings."""
    root, sources = file.resolve().parent, sources_of(checked)
    found = reported(checked, settings)
    measures = [measure for each in checked for measure in each.measures]
    return baseline_text(measures, fingerprints(found, root, sources), root)


def sources_of(checked: Sequence[Checked]) -> Sources:
    """The lines of each file, also of those that findings of others are in."""
    known = {each.file: each.lines or lines_of(each.file) for each in checked}
    for finding in (finding for each in checked for finding in each.findings):
        for file in (finding.file, *(other.file for other in (*finding.related, *finding.calls))):
            if file not in known:
                known[file] = lines_of(file)
    return known


def lines_of(file: str) -> list[str]:
    """The lines of a file; none where it cannot be read."""
    try:
        return split_lines(read_python(Path(file)))
    except UnreadableSource:
        return []


def _of_file(checked: Checked) -> list[Finding]:
    comments = suppressions(checked.lines or lines_of(checked.file))
    return unsilenced(checked.findings, comments, checked.file, whole=checked.whole)
