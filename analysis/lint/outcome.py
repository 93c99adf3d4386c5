"""From what was found in files to what is reported: silenced by comments, selected, known from before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..discovery import UnreadableSource, read_python
from ..discovery.classes import split_lines
from ..discovery.suppression import suppressions
from ..finding import Finding
from ..silencing import unsilenced, unused
from .checked import Checked
from .settings import LintSettings


def reported(checked: Iterable[Checked], settings: LintSettings) -> list[Finding]:
    """The findings that neither comments nor settings leave out, by file and line."""
    found = [finding for each in checked for finding in _of_file(each) if settings.selects(finding)]
    return sorted(dict.fromkeys(found), key=lambda f: (f.file, f.line, f.code, f.hardware))


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
