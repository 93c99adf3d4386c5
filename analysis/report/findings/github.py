"""Findings as commands of GitHub Actions, which shows them at their lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...finding import Finding
from .fingerprint import relative

_LEVELS = {"error": "error", "warning": "warning", "information": "notice", "hint": "notice"}


def as_github(findings: Sequence[Finding], root: Path) -> str:
    """A command a line (docs.github.com, Workflow commands)."""
    return "".join(f"{_command(finding, root)}\n" for finding in findings)


def _command(finding: Finding, root: Path) -> str:
    file = relative(finding.file, root) or finding.file
    place = f"file={_property(file)},line={finding.line},title={_property(f'graphperf {finding.code}')}"
    return f"::{_LEVELS[finding.severity]} {place}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
