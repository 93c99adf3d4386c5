"""What tells a finding apart from others, and keeps it the same when lines move."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...finding import Finding

Sources = Mapping[str, Sequence[str]]


def relative(file: str, root: Path) -> str | None:
    """The path below a folder, with slashes; None for one that is not below it."""
    try:
        return Path(file).resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return None


def fingerprints(findings: Sequence[Finding], root: Path, sources: Sources) -> list[str]:
    """One for each, stable while the line's text, its file, the rule, the model and the device stay the same. Findings that
    are alike in all of these are numbered, from the second on."""
    seen: Counter[str] = Counter()
    marks: list[str] = []
    for finding in findings:
        mark = _fingerprint(finding, root, sources)
        seen[mark] += 1
        marks.append(mark if seen[mark] == 1 else f"{mark}:{seen[mark]}")
    return marks


def _fingerprint(finding: Finding, root: Path, sources: Sources) -> str:
    lines = sources.get(finding.file, ())
    text = lines[finding.line - 1].strip() if 0 < finding.line <= len(lines) else ""
    model = finding.target.rpartition("::")[2] if "::" in finding.target else ""
    file = relative(finding.file, root) or Path(finding.file).resolve().as_uri()
    return hashlib.sha256("\0".join((finding.code, file, text, model, finding.hardware)).encode()).hexdigest()[:32]
