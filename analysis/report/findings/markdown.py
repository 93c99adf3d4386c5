"""Findings as Markdown, for a comment on a change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...finding import Finding, rule_page
from .. import units
from .fingerprint import relative

_MOST = 50


def as_markdown(findings: Sequence[Finding], root: Path) -> str:
    """A table, the costliest first; what is beyond so many rows is counted."""
    if not findings:
        return "**graphperf**: no findings\n"
    ranked = sorted(findings, key=lambda f: (-(f.gain.edp if f.gain is not None else 0.0), -f.share))
    rows = [_row(finding, root) for finding in ranked[:_MOST]]
    head = [
        f"**graphperf**: {units.count(len(findings), 'finding')}",
        "",
        "| where | rule | what | EDP |",
        "|---|---|---|---|",
    ]
    rest = len(findings) - len(rows)
    more = [f"\n{rest} more are left out."] if rest else []
    return "\n".join([*head, *rows, *more]) + "\n"


def _row(finding: Finding, root: Path) -> str:
    file = relative(finding.file, root) or finding.file
    gain = f"{units.difference(1.0, 1 - finding.gain.edp)}" if finding.gain is not None else ""
    message = finding.message.replace("|", "\\|").replace("\n", " ")
    return f"| `{file}:{finding.line}` | [{finding.code}]({rule_page(finding.code)}) | {message} | {gain} |"
