"""`[tool.graphperf.lint]` of a project: which findings are reported, of which files, and when rules speak."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any, cast

from ..bounds.baseline import REGRESSION
from ..bounds.budgets import Bound, Budgets, budgets_in
from ..discovery import UsageError
from ..discovery.project import readable_project
from ..finding import SEVERITIES, Finding, Severity

_PREFIX = re.compile(r"GP\d{0,3}|ALL")
_LIMITS = {"least-share": 1.0, "least-gain": 1.0, "most": math.inf}
_NOT_CAPTURED = ("GP901", "information")
DEFAULT_SEVERITY: Severity = "information"

MEANINGS: Mapping[str, str] = {
    "select": "Codes of the rules that report, or their beginnings; ALL is all of them.",
    "ignore": "Codes that do not, or their beginnings; the longer of two that fit decides.",
    "per-file-ignores": "A table of patterns of paths, each with codes that are not reported there.",
    "severity": f"The least severe that is reported: {', '.join(SEVERITIES)}.",
    "exclude": "Patterns of paths that are left out of folders.",
    "regression": "By which share latency, energy, EDP or memory may grow against the baseline.",
    "baseline": "A file that --write-baseline wrote: what is in it is not reported again, what got worse is.",
}


@dataclass(frozen=True, slots=True)
class LintSettings:
    """Codes are given by prefix: the longest that fits a finding's code decides, and of equals `ignore`.

    `per_file_ignores`: pattern of a path → prefixes. `severity`: the least that is reported. `regression`: by which share a
    figure may grow against a baseline. `limits`: code → limits of its rule, by name. `root`: the project's folder, from
    which the files of `budgets` are named. `static`: there is no interpreter to capture with, which then is no finding.
    """

    select: tuple[str, ...] = ("ALL",)
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    severity: Severity = DEFAULT_SEVERITY
    exclude: tuple[str, ...] = ()
    regression: float = REGRESSION
    baseline: Path | None = None
    budgets: Budgets = field(default_factory=dict[str, tuple[Bound, ...]])
    root: Path = Path()
    limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    static: bool = False

    def selects(self, finding: Finding) -> bool:
        """Whether a finding is reported."""
        if SEVERITIES.index(finding.severity) > SEVERITIES.index(self.severity):
            return False
        if self.static and (finding.code, finding.severity) == _NOT_CAPTURED:
            return False
        here = [codes for pattern, codes in self.per_file_ignores.items() if matches(finding.file, pattern)]
        ignored = [*self.ignore, *(code for codes in here for code in codes)]
        return _longest(self.select, finding.code) > _longest(ignored, finding.code)


def matches(file: str, pattern: str) -> bool:
    """Whether a path, or its end, or one of its folders has the pattern."""
    path = PurePosixPath(file.replace("\\", "/"))
    tails = [str(PurePosixPath(*path.parts[i:])) for i in range(len(path.parts))]
    return any(fnmatch(tail, pattern) or fnmatch(tail, f"{pattern.rstrip('/')}/*") for tail in tails)


def _longest(prefixes: Sequence[str], code: str) -> int:
    """The length of the longest prefix of a code; 0 for `ALL`, -1 where none is."""
    return max((0 if p == "ALL" else len(p) for p in prefixes if p == "ALL" or code.startswith(p)), default=-1)


def lint_settings(path: Path, severity: Severity = DEFAULT_SEVERITY) -> LintSettings:
    """The settings of the project of a file or folder, where it names no `severity` with this one. Raises `UsageError` with the
    field that is wrong."""
    root, table = readable_project(path)
    given = table.get("lint", {})
    if not isinstance(given, dict):
        raise UsageError("pyproject.toml: [tool.graphperf] lint must be a table")
    found: dict[str, Any] = {"severity": severity}
    limits: dict[str, Mapping[str, float]] = {}
    for key, value in cast("dict[str, Any]", given).items():
        if re.fullmatch(r"GP\d{3}", key):
            limits[key] = _limits(key, value)
        elif key in _READERS:
            found[key.replace("-", "_")] = _READERS[key](key, value)
        else:
            close = difflib.get_close_matches(key, _READERS, 1)
            raise UsageError(f"{_at(key)} is no setting{f'; did you mean {close[0]}?' if close else ''}")
    more = found.pop("extend_select", ())
    if more:
        found["select"] = (*found.get("select", ("ALL",)), *more)
    if "baseline" in found:
        found["baseline"] = root / found["baseline"]
    return LintSettings(**found, limits=limits, budgets=budgets_in(table), root=root)


def prefixes(name: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Codes, or the beginnings of codes. Raises `UsageError`."""
    found = tuple(part.strip().upper() for text in texts for part in text.split(",") if part.strip())
    for code in found:
        if not _PREFIX.fullmatch(code):
            raise UsageError(f"{name}: {code} is neither a rule's code, as GP101, nor the beginning of one, as GP1")
    return found


def _at(key: str) -> str:
    return f"pyproject.toml: [tool.graphperf.lint] {key}"


def _codes(key: str, value: object) -> tuple[str, ...]:
    return prefixes(_at(key), _texts(key, value))


def _texts(key: str, value: object) -> tuple[str, ...]:
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in values):
        raise UsageError(f"{_at(key)} must be a list of texts, not {value!r}")
    return tuple(cast("list[str]", values))


def _by_file(key: str, value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise UsageError(f"{_at(key)} must be a table of patterns and codes, not {value!r}")
    return {pattern: _codes(key, codes) for pattern, codes in cast("dict[str, object]", value).items()}


def _severity(key: str, value: object) -> Severity:
    if value not in SEVERITIES:
        raise UsageError(f"{_at(key)} must be one of {', '.join(SEVERITIES)}, not {value!r}")
    return value


def _share(key: str, value: object) -> float:
    """`0.05`, or `"5 %"`."""
    number = re.fullmatch(r"\s*([\d.]+)\s*%\s*", value) if isinstance(value, str) else None
    try:
        share = float(number[1]) / 100 if number else float(cast("Any", value))
    except (ValueError, TypeError):
        share = math.nan
    if isinstance(value, bool) or not 0 <= share < math.inf:
        raise UsageError(f'{_at(key)} must be a share, as 0.05 or "5 %", not {value!r}')
    return share


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{_at(key)} must be a text, not {value!r}")
    return value


def _limits(code: str, value: object) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for key, number in cast("dict[str, object]", value).items() if isinstance(value, dict) else [("", value)]:
        if key not in _LIMITS:
            raise UsageError(f"{_at(code)}: {key or value!r} is no limit; known are {', '.join(_LIMITS)}")
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= _LIMITS[key]:
            raise UsageError(f"{_at(code)}: {key} must be a number from 0 to {_LIMITS[key]:g}, not {number!r}")
        found[key.replace("-", "_")] = number
    return found


_READERS: Mapping[str, Callable[[str, object], object]] = {
    "select": _codes,
    "extend-select": _codes,
    "ignore": _codes,
    "per-file-ignores": _by_file,
    "severity": _severity,
    "exclude": _texts,
    "regression": _share,
    "baseline": _text,
}
