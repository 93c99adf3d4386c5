"""Findings as JSON: a list, or a line each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ...finding import Finding, Gain


def as_json(findings: Sequence[Finding]) -> str:
    """A list of records."""
    return json.dumps([record(finding) for finding in findings], indent=2)


def as_json_lines(findings: Sequence[Finding]) -> str:
    """A record a line."""
    return "".join(f"{json.dumps(record(finding))}\n" for finding in findings)


def record(finding: Finding) -> dict[str, Any]:
    """A finding as plain values."""
    return {
        "code": finding.code,
        "message": finding.message,
        "file": finding.file,
        "line": finding.line,
        "severity": finding.severity,
        "target": finding.target,
        "hardware": finding.hardware,
        "edp_share": finding.share,
        "gain": gain_record(finding.gain),
        "related": [asdict(other) for other in finding.related],
        "calls": [asdict(other) for other in finding.calls],
    }


def gain_record(gain: Gain | None) -> dict[str, Any] | None:
    """What is predicted to change: before and after."""
    if gain is None:
        return None
    sides = {"before": gain.before, "after": gain.after}
    return {name: {**asdict(side), "edp_js": side.edp} for name, side in sides.items()}
