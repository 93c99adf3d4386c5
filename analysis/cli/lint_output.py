"""Where and in which format findings are written."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..finding import Finding
from ..report.findings.fingerprint import Sources
from ..whole_file import write_whole
from .exits import fail

if TYPE_CHECKING:
    from ..report.findings.sarif import Fixes

FORMATS = ("full", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit", "markdown")


@dataclass(frozen=True)
class Output:
    """A format, a file or stdout, and whether in colour; with `statistics` the counts of rules instead of findings."""

    format: str
    file: Path | None
    color: str
    statistics: bool = False

    @property
    def shows_fixes(self) -> bool:
        """Whether fixes are part of what is written."""
        return self.format == "sarif" and not self.statistics

    def write(
        self, findings: Sequence[Finding], files: Sequence[str], sources: Sources, fixes: Fixes | None = None
    ) -> None:
        """Writes the whole file or nothing."""
        text = self._rendered(findings, files, sources, fixes)
        if self.file is None:
            click.echo(text, nl=bool(text) and not text.endswith("\n"), color=True)
            return
        write_file(self.file, text)

    def _rendered(
        self, findings: Sequence[Finding], files: Sequence[str], sources: Sources, fixes: Fixes | None
    ) -> str:
        root = Path.cwd()
        if self.statistics or self.format in ("full", "concise"):
            return self._for_people(findings, sources)
        if self.format == "sarif":
            from ..report.findings.sarif import sarif

            return json.dumps(sarif(findings, root, sources, fixes=fixes), indent=2)
        if self.format == "gitlab":
            from ..report.findings.gitlab import as_gitlab

            return as_gitlab(findings, root, sources)
        if self.format == "junit":
            from ..report.findings.junit import as_junit

            return as_junit(findings, files)
        if self.format in ("github", "markdown"):
            from ..report.findings.github import as_github
            from ..report.findings.markdown import as_markdown

            return as_github(findings, root) if self.format == "github" else as_markdown(findings, root)
        from ..report.findings.records import as_json, as_json_lines

        return as_json(findings) if self.format == "json" else as_json_lines(findings)

    def _for_people(self, findings: Sequence[Finding], sources: Sources) -> str:
        from rich.console import Console

        from ..report.findings.text import print_concise, print_full, print_statistics

        shown = self.color == "always" or (self.color == "auto" and self.file is None and sys.stdout.isatty())
        console = Console(highlight=False, force_terminal=shown, no_color=None if shown else True)
        with console.capture() as captured:
            if self.statistics:
                print_statistics(console, findings)
            elif self.format == "concise":
                print_concise(console, findings)
            else:
                print_full(console, findings, sources)
        summary = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}" if findings else "no findings"
        return f"{captured.get()}{summary}\n"


def write_file(file: Path, text: str) -> None:
    """The whole file, or none of it and the reason."""
    try:
        write_whole(file, text.encode())
    except OSError as error:
        fail(f"cannot write {file}: {error.strerror or error}")
