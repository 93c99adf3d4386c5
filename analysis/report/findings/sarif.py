"""Findings as SARIF 2.1.0, in the shape and within the limits that code scanning services accept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...finding import SEVERITIES, Finding
from ...rules import RULES, Rule
from .fingerprint import Sources, fingerprint, relative
from .records import gain_record

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "information": "note", "hint": "note"}
_PROBLEM = {"error": "error", "warning": "warning", "information": "recommendation", "hint": "recommendation"}
_MOST_TEXT = 1024
_MOST_RESULTS = 25_000
_FAILED = "GP901"


def sarif(
    findings: Sequence[Finding], root: Path, sources: Sources, states: Mapping[Finding, str] | None = None
) -> dict[str, Any]:
    """A log with one run. `sources` gives the lines of each file; files are named relative to `root`. `states`: what each is
    against a baseline: new, unchanged, absent."""
    severe = sorted(findings, key=lambda f: SEVERITIES.index(f.severity))[:_MOST_RESULTS]
    chosen = set(severe)
    kept = [finding for finding in findings if finding in chosen]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver()},
                "automationDetails": {"id": "graphperf/"},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {"%SRCROOT%": {"uri": root.resolve().as_uri() + "/"}},
                "invocations": [_invocation(findings, root, len(findings) - len(kept))],
                "results": [
                    _result(finding, root, sources) | ({"baselineState": states[finding]} if states is not None else {})
                    for finding in kept
                ],
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


def _invocation(findings: Sequence[Finding], root: Path, left_out: int) -> dict[str, Any]:
    notifications = [
        _notification(finding.message, {"artifactLocation": _artifact(finding.file, root)})
        for finding in findings
        if finding.code == _FAILED
    ]
    if left_out:
        text = f"{left_out} findings are left out: code scanning takes {_MOST_RESULTS} of a run, and the most severe are kept"
        notifications.append(_notification(text))
    return {"executionSuccessful": True, "toolExecutionNotifications": notifications}


def _notification(text: str, place: dict[str, Any] | None = None) -> dict[str, Any]:
    located = {"locations": [{"physicalLocation": place}]} if place is not None else {}
    return {"level": "warning", "message": {"text": text}, **located}


def _result(finding: Finding, root: Path, sources: Sources) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": [rule.code for rule in RULES].index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(finding.file, finding.line, root, sources)],
        "partialFingerprints": {"graphperf/v1": fingerprint(finding, root, sources)},
        "properties": {"target": finding.target, "hardware": finding.hardware, "edpShare": finding.share},
    }
    if finding.gain is not None:
        result["properties"]["gain"] = gain_record(finding.gain)
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": other.message}, **_location(other.file, other.line, root, sources)}
            for number, other in enumerate(finding.related)
        ]
    return result


def _location(file: str, line: int, root: Path, sources: Sources) -> dict[str, Any]:
    region = _region(line, sources.get(file, ()))
    return {"physicalLocation": {"artifactLocation": _artifact(file, root), "region": region}}


def _artifact(file: str, root: Path) -> dict[str, str]:
    path = relative(file, root)
    return (
        {"uri": quote(path), "uriBaseId": "%SRCROOT%"} if path is not None else {"uri": Path(file).resolve().as_uri()}
    )


def _region(line: int, lines: Sequence[str]) -> dict[str, int]:
    """The content of the line, in code points counted from 1."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    start = len(text) - len(text.lstrip())
    end = max(len(text.rstrip()), start)
    return {"startLine": line, "startColumn": start + 1, "endLine": line, "endColumn": end + 1}
