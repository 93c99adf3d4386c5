"""Findings as SARIF 2.1.0, in the shape that code scanning services accept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..finding import Finding
from ..rules import RULES, Rule

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "information": "note", "hint": "note"}
_PROBLEM = {"error": "error", "warning": "warning", "information": "recommendation", "hint": "recommendation"}
_MOST_TEXT = 1024


def sarif(findings: Sequence[Finding], root: Path, sources: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A log with one run. `sources` gives the lines of each file; files are named relative to `root`."""
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver()},
                "automationDetails": {"id": "graphperf/"},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {"%SRCROOT%": {"uri": root.resolve().as_uri() + "/"}},
                "invocations": [_invocation(findings, root)],
                "results": [_result(finding, root, sources.get(finding.file, ())) for finding in findings],
            }
        ],
    }


def graphperf_version() -> str:
    """The installed version, or 0 for a bare checkout."""
    try:
        return version("graphperf")
    except PackageNotFoundError:
        return "0"


def _driver() -> dict[str, Any]:
    return {"name": "graphperf", "semanticVersion": graphperf_version(), "rules": [_rule(rule) for rule in RULES]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.explanation.replace("`", "")[:_MOST_TEXT]},
        "help": {"text": rule.explanation.replace("`", ""), "markdown": rule.explanation},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"precision": "medium", "problem.severity": _PROBLEM[rule.severity], "tags": ["performance"]},
    }


def _invocation(findings: Sequence[Finding], root: Path) -> dict[str, Any]:
    failed = [finding for finding in findings if finding.code == "GP901"]
    notifications = [
        {
            "level": "warning",
            "message": {"text": finding.message},
            "locations": [{"physicalLocation": {"artifactLocation": _artifact(finding.file, root)}}],
        }
        for finding in failed
    ]
    return {"executionSuccessful": True, "toolExecutionNotifications": notifications}


def _result(finding: Finding, root: Path, lines: Sequence[str]) -> dict[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": [rule.code for rule in RULES].index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [
            {"physicalLocation": {"artifactLocation": _artifact(finding.file, root), "region": _region(finding, lines)}}
        ],
        "partialFingerprints": {"graphperf/v1": _fingerprint(finding, root, lines)},
    }


def _artifact(file: str, root: Path) -> dict[str, str]:
    path = Path(file).resolve()
    try:
        return {"uri": quote(path.relative_to(root.resolve()).as_posix()), "uriBaseId": "%SRCROOT%"}
    except ValueError:
        return {"uri": path.as_uri()}


def _region(finding: Finding, lines: Sequence[str]) -> dict[str, int]:
    """The content of the line, in code points counted from 1."""
    text = lines[finding.line - 1] if 0 < finding.line <= len(lines) else ""
    start = len(text) - len(text.lstrip())
    end = max(len(text.rstrip()), start)
    return {"startLine": finding.line, "startColumn": start + 1, "endLine": finding.line, "endColumn": end + 1}


def _fingerprint(finding: Finding, root: Path, lines: Sequence[str]) -> str:
    """Stable while the line's text, its file, the rule, the model and the device stay the same."""
    text = lines[finding.line - 1].strip() if 0 < finding.line <= len(lines) else ""
    model = finding.target.rpartition("::")[2] if "::" in finding.target else finding.target
    parts = (finding.code, _artifact(finding.file, root)["uri"], text, model, finding.hardware)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
