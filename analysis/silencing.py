"""Which findings the comments of their file silence, and which comments silence nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from .discovery.suppression import EVERY, silenced
from .finding import Finding

UNUSED = "GP904"


def unsilenced(
    findings: Sequence[Finding], comments: Mapping[int, frozenset[str]], file: str, *, whole: bool
) -> list[Finding]:
    """The findings that no comment of `file` silences: only its own comments are known. `whole`: they are those of all rules on
    all models, so that a comment which silences none of them is a finding too."""
    idle = _unused(findings, comments, file) if whole else []
    return [
        f for f in (*findings, *idle) if not (f.file == file and silenced(f.code, comments.get(f.line, frozenset())))
    ]


def _unused(findings: Iterable[Finding], comments: Mapping[int, frozenset[str]], file: str) -> list[Finding]:
    """A finding for each comment of `file` with a code that silences none of the findings."""
    found = unused_codes(findings, comments, file)
    return [Finding(UNUSED, _message(idle), file, line, "warning", file) for line, idle in found.items()]


def unused_codes(
    findings: Iterable[Finding], comments: Mapping[int, frozenset[str]], file: str
) -> dict[int, list[str]]:
    """Line → the codes of its comment that silence none of the findings, in order."""
    raised: dict[int, set[str]] = {}
    for finding in findings:
        if finding.file == file:
            raised.setdefault(finding.line, set()).add(finding.code)
    found = {
        line: sorted(code for code in codes if _is_idle(code, raised.get(line, set())))
        for line, codes in sorted(comments.items())
    }
    return {line: idle for line, idle in found.items() if idle}


def _is_idle(code: str, raised: Collection[str]) -> bool:
    """Whether a code silences nothing."""
    if code == UNUSED:
        return False
    return not raised if code == EVERY else code not in raised


def _message(idle: list[str]) -> str:
    if idle == [EVERY]:
        return "The comment silences nothing: no rule has a finding on this line. Remove it."
    return f"The comment silences {', '.join(idle)}, which has no finding on this line. Remove it."
