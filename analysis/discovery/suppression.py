"""The comment that silences a rule on its line: `# graphperf: ignore[GP101]`, or every rule: `# graphperf: ignore`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_COMMENT = re.compile(r"#\s*graphperf:\s*ignore\b(?:\s*\[(?P<codes>[^\]]*)\])?")
EVERY = "*"


def suppressions(lines: Sequence[str]) -> Mapping[int, frozenset[str]]:
    """Line (from 1) → the codes that are silenced there; `EVERY` where the comment names none."""
    found = ((number, _COMMENT.search(line)) for number, line in enumerate(lines, 1) if "graphperf" in line)
    return {number: _codes(match) for number, match in found if match is not None}


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


def _codes(match: re.Match[str]) -> frozenset[str]:
    given = match["codes"]
    return frozenset({EVERY}) if given is None else frozenset(code.strip() for code in given.split(",") if code.strip())
