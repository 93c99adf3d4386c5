"""Findings as a Code Quality report of GitLab."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ...finding import Finding
from .fingerprint import Sources, fingerprints, relative

_SEVERITIES = {"error": "critical", "warning": "major", "information": "minor", "hint": "info"}


def as_gitlab(findings: Sequence[Finding], root: Path, sources: Sources) -> str:
    """A list of issues, each with a fingerprint of its own (docs.gitlab.com, Code Quality report format)."""
    issues: list[dict[str, object]] = []
    for finding, mark in zip(findings, fingerprints(findings, root, sources), strict=True):
        path = relative(finding.file, root) or finding.file
        issues.append({
            "description": finding.message,
            "check_name": finding.code,
            "fingerprint": mark,
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": path, "lines": {"begin": finding.line}},
        })  # fmt: skip
    return json.dumps(issues, indent=2)
