"""From what was found in files to what is reported: silenced by comments, selected, known from before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ..bounds.baseline import baseline_text, read_baseline
from ..discovery import UnreadableSource, read_python
from ..discovery.classes import split_lines
from ..discovery.suppression import suppressions
from ..finding import Finding
from ..report.findings.fingerprint import Sources, fingerprint
from ..silencing import unsilenced, unused
from .checked import Checked
from .settings import LintSettings


def reported(checked: Sequence[Checked], settings: LintSettings) -> list[Finding]:
    """The findings that neither comments nor settings nor the baseline leave out, by file and line. Raises `UsageError`."""
    found = [finding for each in checked for finding in _of_file(each) if settings.selects(finding)]
    if settings.baseline is not None:
        baseline, sources = read_baseline(settings.baseline), sources_of(checked)
        found = [f for f in found if fingerprint(f, baseline.root, sources) not in baseline.known]
    return sorted(dict.fromkeys(found), key=lambda f: (f.file, f.line, f.code, f.hardware))


def as_baseline(checked: Sequence[Checked], settings: LintSettings, file: Path) -> str:
    """What a baseline file is to hold: the figures of all models, and the findings that would be reported without one."""
    root, sources = file.resolve().parent, sources_of(checked)
    found = reported(checked, replace(settings, baseline=None))
    measures = [measure for each in checked for measure in each.measures]
    return baseline_text(measures, (fingerprint(finding, root, sources) for finding in found), root)


def sources_of(checked: Iterable[Checked]) -> Sources:
    """The lines of each file."""
    return {each.file: each.lines or lines_of(each.file) for each in checked}


def lines_of(file: str) -> list[str]:
    """The lines of a file; none where it cannot be read."""
    try:
        return split_lines(read_python(Path(file)))
    except UnreadableSource:
        return []


def _of_file(checked: Checked) -> list[Finding]:
    comments = suppressions(checked.lines or lines_of(checked.file))
    idle = unused(checked.findings, comments, checked.file) if checked.whole else []
    return unsilenced([*checked.findings, *idle], comments, checked.file)
