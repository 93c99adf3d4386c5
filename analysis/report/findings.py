"""Findings as text and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from ..finding import Finding
from . import units
from .text import bar


def print_concise(console: Console, findings: Sequence[Finding]) -> None:
    """`file:line:column: CODE message`, a line each."""
    for finding in findings:
        console.print(
            f"{finding.file}:{finding.line}:1: {finding.code} {finding.message}", highlight=False, soft_wrap=True
        )


def print_full(console: Console, findings: Sequence[Finding], sources: Mapping[str, Sequence[str]]) -> None:
    """Each finding with its source line and a bar of its share of the EDP."""
    for finding in findings:
        console.print(Text.assemble((finding.code, "bold"), f" {finding.message}"), soft_wrap=True)
        console.print(Text.assemble(("  --> ", "dim"), f"{finding.file}:{finding.line}"), soft_wrap=True)
        lines = sources.get(finding.file, ())
        if 0 < finding.line <= len(lines):
            share = f"  {bar(finding.share)} {units.percent(finding.share)}" if finding.share else ""
            line = Text.assemble((f"{finding.line:5} | ", "dim"), lines[finding.line - 1].rstrip(), (share, "dim"))
            console.print(line, soft_wrap=True)
        console.print()


def finding_records(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as plain values."""
    return [
        {
            "code": f.code,
            "message": f.message,
            "file": f.file,
            "line": f.line,
            "severity": f.severity,
            "target": f.target,
            "hardware": f.hardware,
            "edp_share": f.share,
        }
        for f in findings
    ]
