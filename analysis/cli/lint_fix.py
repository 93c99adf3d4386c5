"""`graphperf-lint --fix` and `--diff`: edits that follow the rules' advice, each with what it is predicted to change."""

from __future__ import annotations

import difflib
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from ..capture import AgentPool
from ..discovery import UsageError, read_python
from ..finding import Finding
from ..fixes import FIXABLE, Edit, Offer, Session, fixed, offers
from ..lint.criteria import criteria_of
from ..lint.outcome import reported
from ..lint.settings import LintSettings
from ..lint.worker import checked_of
from ..pipeline import Analysis, capturer_for
from ..report.findings.sarif import Fixes
from ..settings import Options
from ..whole_file import write_whole
from .common import progress


@dataclass(frozen=True, slots=True)
class Mended:
    """A file with its text before and after its fixes."""

    file: Path
    before: str
    after: str
    applied: tuple[Offer, ...]


def mended(findings: Sequence[Finding], settings: LintSettings, options: Options, *, unsafe: bool) -> Iterator[Mended]:
    """The files with findings that can be fixed, each with all of its fixes."""
    criteria = criteria_of(settings)

    def judged(file: Path, analysis: Analysis, text: str) -> list[Finding]:
        return reported([checked_of(file, analysis, criteria, text)], settings)

    with progress() as note, AgentPool() as pool:
        capturer = capturer_for(pool, options)
        for file in _fixable(findings):
            note(f"{file}: looking for fixes")
            text = read_python(file)
            found = fixed(text, Session(file, options, capturer), unsafe=unsafe, judged=partial(judged, file))
            if found.applied:
                yield Mended(file, text, found.text, found.applied)


def offered(findings: Sequence[Finding], options: Options) -> Fixes:
    """The fixes of each finding on its own, with their titles, of files as they are."""
    found: dict[Finding, list[tuple[str, Sequence[Edit]]]] = {}
    with progress() as note, AgentPool() as pool:
        capturer = capturer_for(pool, options)
        for file, fixable in _fixable(findings).items():
            note(f"{file}: looking for fixes")
            text, session = read_python(file), Session(file, options, capturer)
            for offer in offers(session.analyze(text), fixable, text, session, unsafe=True):
                found.setdefault(offer.finding, []).append((_titled(offer), offer.edits))
    return found


def _fixable(findings: Sequence[Finding]) -> dict[Path, list[Finding]]:
    """The findings that a fix may follow, by the file that they are in and about."""
    found: dict[Path, list[Finding]] = {}
    for finding in findings:
        if finding.code in FIXABLE and finding.file == finding.target.partition("::")[0]:
            found.setdefault(Path(finding.file), []).append(finding)
    return found


def show_diff(changed: Mended) -> None:
    """A unified diff on stdout; above it, on stderr, what each fix is predicted to change."""
    for offer in changed.applied:
        click.echo(_said(offer), err=True)
    name = changed.file.as_posix()
    old, new = (text.splitlines(keepends=True) for text in (changed.before, changed.after))
    click.echo("".join(difflib.unified_diff(old, new, name, name)), nl=False)


def write_fix(changed: Mended) -> None:
    """Puts the text into its file, in the encoding and with the ends of lines that it has. Raises `UsageError`."""
    for offer in changed.applied:
        click.echo(_said(offer), err=True)
    try:
        data = changed.file.read_bytes()
        with tokenize.open(changed.file) as opened:
            encoding = opened.encoding
        ends = "\r\n" if b"\r\n" in data else "\n"
        write_whole(changed.file, changed.after.replace("\n", ends).encode(encoding))
    except (OSError, UnicodeError) as error:
        raise UsageError(f"cannot write {changed.file}: {error}") from error


def _said(offer: Offer) -> str:
    return f"{offer.finding.file}:{offer.finding.line}: {offer.finding.code} fixed: {_titled(offer)}"


def _titled(offer: Offer) -> str:
    """What it does and is predicted to change, and what to take care of."""
    return f"{offer.title} ({offer.caution})" if offer.caution else offer.title
