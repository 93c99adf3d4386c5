"""Findings for people at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ...finding import Finding
from .. import units
from ..bars import bar
from .fingerprint import Sources

_STYLES = {"error": "bold red", "warning": "bold yellow", "information": "bold cyan", "hint": "bold"}


def print_concise(console: Console, findings: Sequence[Finding]) -> None:
    """`file:line:column: CODE message`, a line each."""
    for finding in findings:
        console.print(Text(f"{finding.file}:{finding.line}:1: {finding.code} {finding.message}"), soft_wrap=True)


def print_full(console: Console, findings: Sequence[Finding], sources: Sources) -> None:
    """Each finding with its source line, a bar of its share of the EDP, and the lines that it is about besides."""
    for finding in findings:
        console.print(Text.assemble((finding.code, _STYLES[finding.severity]), f" {finding.message}"), soft_wrap=True)
        console.print(Text.assemble(("  --> ", "dim"), f"{finding.file}:{finding.line}"), soft_wrap=True)
        lines = sources.get(finding.file, ())
        if 0 < finding.line <= len(lines):
            share = f"  {bar(finding.share)} {units.percent(finding.share)}" if finding.share else ""
            text = lines[finding.line - 1].rstrip()
            console.print(Text.assemble((f"{finding.line:5} | ", "dim"), text, (share, "dim")), soft_wrap=True)
        for other in finding.related:
            place = f"{other.file}:{other.line}"
            console.print(Text.assemble(("      = ", "dim"), f"{place}: {other.message}"), soft_wrap=True)
        console.print()


def print_statistics(console: Console, findings: Sequence[Finding]) -> None:
    """How often each rule speaks, the most frequent first."""
    for code, number in sorted(Counter(finding.code for finding in findings).items(), key=lambda c: (-c[1], c[0])):
        console.print(Text(f"{number:6}  {code}"))
