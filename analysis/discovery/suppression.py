"""Comments that silence a rule on their line: `# graphperf: ignore[GP101]`, `# noqa: GP101`; or all: `# graphperf: ignore`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Mapping, Sequence

_COMMENT = re.compile(r"#\s*graphperf:\s*ignore\b(?:\s*\[(?P<codes>[^\]]*)\])?")
_NOQA = re.compile(r"#\s*noqa\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)", re.IGNORECASE)
_OURS = re.compile(r"GP[0-9]+")
EVERY = "*"


def suppressions(lines: Sequence[str]) -> Mapping[int, frozenset[str]]:
    """Line (from 1) → the codes that are silenced there; `EVERY` where the comment names none."""
    named = {number: _silenced_by(line) for number, line in enumerate(lines, 1) if "#" in line}
    found = {number: codes for number, codes in named.items() if codes}
    comments = _comment_lines(lines) if found else None
    return {number: codes for number, codes in found.items() if comments is None or number in comments}


def silenced(code: str, at: frozenset[str]) -> bool:
    """Whether the codes of a line have this one."""
    return code in at or EVERY in at


def with_suppression(line: str, code: str) -> str:
    """The line (without its end) with a comment that silences the code, beside those that it has."""
    match = _COMMENT.search(line)
    if match is None:
        return f"{line.rstrip()}  # graphperf: ignore[{code}]"
    held = _codes(match)
    if silenced(code, held):
        return line
    codes = ", ".join(sorted({*held, code}))
    return f"{line[: match.start()]}# graphperf: ignore[{codes}]{line[match.end() :]}"


def without_suppression(line: str, codes: Iterable[str]) -> str:
    """The line (without its end) whose comment no longer silences the codes."""
    gone = set(codes)
    match = _COMMENT.search(line) or _NOQA.search(line)
    if match is None:
        return line
    text = match["codes"]
    if text is None and EVERY not in gone:
        return line
    kept = [code for code in re.split(r"[\s,]+", (text or "").strip()) if code and code not in gone]
    if not kept:
        return f"{line[: match.start()].rstrip()}{line[match.end() :]}"
    return f"{line[: match.start('codes')]}{', '.join(kept)}{line[match.end('codes') :]}"


def _silenced_by(line: str) -> frozenset[str]:
    match, noqa = _COMMENT.search(line), _NOQA.search(line)
    codes = _codes(match) if match is not None else frozenset[str]()
    return codes | frozenset(_OURS.findall(noqa["codes"].upper())) if noqa is not None else codes


def _codes(match: re.Match[str]) -> frozenset[str]:
    given = match["codes"]
    return frozenset({EVERY}) if given is None else frozenset(code.strip() for code in given.split(",") if code.strip())


def _comment_lines(lines: Sequence[str]) -> frozenset[int] | None:
    """The lines with a comment, rather than with text that looks like one; None where the file cannot be read so far."""
    try:
        tokens = tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline)
        return frozenset(token.start[0] for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, SyntaxError):
        return None
