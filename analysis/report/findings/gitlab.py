"""Findings as a Code Quality report of GitLab."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ...finding import Finding
from .fingerprint import Sources, fingerprint, relative

_SEVERITIES = {"error": "critical", "warning": "major", "information": "minor", "hint": "info"}


def as_gitlab(findings: Sequence[Finding], root: Path, sources: Sources) -> str:
    """A list of issues, each with a fingerprint of its own (docs.gitlab.com, Code Quality report format)."""
    seen: Counter[str] = Counter()
    issues: list[dict[str, object]] = []
    for finding in findings:
        mark = fingerprint(finding, root, sources)
        seen[mark] += 1
        unique = mark if seen[mark] == 1 else hashlib.sha256(f"{mark} {seen[mark]}".encode()).hexdigest()[:32]
        path = relative(finding.file, root) or finding.file
        issues.append({
            "description": finding.message,
            "check_name": finding.code,
            "fingerprint": unique,
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": path, "lines": {"begin": finding.line}},
        })  # fmt: skip
    return json.dumps(issues, indent=2)
