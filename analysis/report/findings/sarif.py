"""Findings as SARIF 2.1.0, in the shape and within the limits that code scanning services accept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...finding import SEVERITIES, Finding, Related, rule_page
from ...rules import RULES, Rule
from .fingerprint import Sources, fingerprints, relative
from .records import gain_record

if TYPE_CHECKING:
    from ...fixes import Edit

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/graphperf/graphperf"
_LEVELS = {"error": "error", "warning": "warning", "information": "note", "hint": "note"}
_PROBLEM = {"error": "error", "warning": "warning", "information": "recommendation", "hint": "recommendation"}
_MOST_TEXT = 1024
_MOST_RESULTS = 25_000
_FAILED = "GP901"
_INDICES = {rule.code: index for index, rule in enumerate(RULES)}

Found = tuple[Sequence[Finding], Sources]
# Finding → its fixes, each with a title and the edits of the finding's file.
Fixes = Mapping[Finding, Sequence[tuple[str, Sequence["Edit"]]]]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A finding that becomes a result, with its fingerprint and the lines of its state of the files."""

    finding: Finding
    mark: str
    sources: Sources
    state: str | None = None


def sarif(
    findings: Sequence[Finding], root: Path, sources: Sources, before: Found | None = None, fixes: Fixes | None = None
) -> dict[str, Any]:
    """A log with one run. `sources` gives the lines of each file; files are named relative to `root`. With the findings of an
    older state `before`, each result says whether it is new, unchanged or absent. `fixes`: titles and edits by finding."""
    entries = _entries((findings, sources), before, root)
    severe = sorted(range(len(entries)), key=lambda i: SEVERITIES.index(entries[i].finding.severity))[:_MOST_RESULTS]
    kept = [entries[i] for i in sorted(severe)]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver()},
                "automationDetails": {"id": "graphperf/"},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {"%SRCROOT%": {"uri": root.resolve().as_uri() + "/"}},
                "invocations": [_invocation(findings, root, len(entries) - len(kept))],
                "results": [_result(entry, root, (fixes or {}).get(entry.finding, ())) for entry in kept],
            }
        ],
    }


def _entries(now: Found, before: Found | None, root: Path) -> list[_Entry]:
    """All that become results: those of now, then those that are gone."""
    marks = fingerprints(now[0], root, now[1])
    if before is None:
        return [_Entry(finding, mark, now[1]) for finding, mark in zip(now[0], marks, strict=True)]
    old = dict(zip(fingerprints(before[0], root, before[1]), before[0], strict=True))
    here = [
        _Entry(finding, mark, now[1], "unchanged" if mark in old else "new")
        for finding, mark in zip(now[0], marks, strict=True)
    ]
    gone = [_Entry(finding, mark, before[1], "absent") for mark, finding in old.items() if mark not in set(marks)]
    return here + gone


def graphperf_version() -> str:
    """The installed version, or 0 for a bare checkout."""
    try:
        return version("graphperf")
    except PackageNotFoundError:
        return "0"


def _driver() -> dict[str, Any]:
    return {
        "name": "graphperf",
        "semanticVersion": graphperf_version(),
        "informationUri": _HOME,
        "rules": [_rule(rule) for rule in RULES],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.explanation.replace("`", "")[:_MOST_TEXT]},
        "helpUri": rule_page(rule.code),
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


def _result(entry: _Entry, root: Path, fixes: Sequence[tuple[str, Sequence[Edit]]]) -> dict[str, Any]:
    finding = entry.finding
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": _INDICES[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(finding.file, finding.line, root, entry.sources)],
        "partialFingerprints": {"graphperf/v1": entry.mark},
        "properties": {"target": finding.target, "hardware": finding.hardware, "edpShare": finding.share},
    }
    if entry.state is not None:
        result["baselineState"] = entry.state
    if finding.gain is not None:
        result["properties"]["gain"] = gain_record(finding.gain)
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_spoken(other, root, entry.sources)} for number, other in enumerate(finding.related)
        ]
    if finding.calls:
        steps = [{"location": _spoken(step, root, entry.sources)} for step in finding.calls]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if fixes:
        result["fixes"] = [_fix(title, edits, _artifact(finding.file, root)) for title, edits in fixes]
    return result


def _fix(title: str, edits: Sequence[Edit], artifact: Mapping[str, str]) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": {
                "startLine": edit.line, "startColumn": edit.column, "endLine": edit.end_line, "endColumn": edit.end_column,
            },
            "insertedContent": {"text": edit.text},
        }
        for edit in edits
    ]  # fmt: skip
    changes = [{"artifactLocation": artifact, "replacements": replacements}]
    return {"description": {"text": title}, "artifactChanges": changes}


def _spoken(other: Related, root: Path, sources: Sources) -> dict[str, Any]:
    return {"message": {"text": other.message}, **_location(other.file, other.line, root, sources)}


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
