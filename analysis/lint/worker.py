"""The check of one file by the engine: what a run does where nothing is remembered."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..bounds.measure import measure_of
from ..capture import AgentPool, Captured, Capturer, CaptureRequest
from ..discovery import FileTarget
from ..discovery.classes import split_lines
from ..discovery.project import FILE as PROJECT
from ..discovery.siblings import imported_files
from ..pipeline import Analysis, Progress, analyze, capturer_for
from ..rules import Criteria
from ..rules.registry import findings_of
from ..settings import Options
from ..store import Dependency, state_of
from .checked import Checked

# Why a capture failed, where trying again can end otherwise although no file has changed.
_PASSING = frozenset({"timeout", "crash", "interpreter", "untrusted"})
# So many folders up may hold what a file imports.
_FARTHEST = 4


@dataclass
class Witness:
    """A capturer that notes which files the captures depended on, and whether their answers will last."""

    asker: Capturer
    python: str
    files: set[Dependency] = field(default_factory=set[Dependency])
    lasting: bool = True

    def capture(self, request: CaptureRequest) -> Captured:
        """The graph or the error."""
        captured = self.asker.capture(request)
        self.files |= set(captured.files)
        if captured.error is not None:
            self.lasting = self.lasting and captured.error.stage not in _PASSING
            self.files |= {known for known in map(state_of, self._importable(request)) if known is not None}
        return captured

    def _importable(self, request: CaptureRequest) -> Iterator[str]:
        """The folders in which what could not be imported would have to appear."""
        if request.file is not None:
            yield from map(str, _folders_up(Path(request.file)))
        if os.path.realpath(self.python) == os.path.realpath(sys.executable):
            yield sysconfig.get_paths()["purelib"]
        yield from map(str, Path(self.python).parent.parent.glob("lib/python3*/site-packages"))


def _folders_up(file: Path) -> Iterator[Path]:
    """The folders of the project around a file, or the nearest few where nothing says where it ends."""
    for folder in list(file.parents)[:_FARTHEST]:
        yield folder
        if (folder / PROJECT).is_file() or (folder / ".git").exists():
            return


class Worker:
    """Checks files, with one interpreter of the pool for all of them."""

    def __init__(self, options: Options, criteria: Criteria, pool: AgentPool) -> None:
        self._options, self._criteria = options, criteria
        self._capturer = capturer_for(pool, options)

    def check(
        self, file: Path, note: Progress | None = None, text: str | None = None
    ) -> tuple[Checked, frozenset[Dependency] | None]:
        """What is found in a file, or in a text in its place, and what it depends on; None for what may be otherwise the next
        time."""
        witness = Witness(self._capturer, self._options.python or sys.executable)
        analysis = analyze(FileTarget(file), self._options, witness, text, note)
        checked = checked_of(file, analysis, self._criteria, text)
        read = {known for known in map(state_of, map(str, imported_files(file))) if known is not None}
        return checked, frozenset(witness.files | read) if witness.lasting and not _untrusted(analysis) else None


def checked_of(file: Path, analysis: Analysis, criteria: Criteria, text: str | None = None) -> Checked:
    """What an analysis of a file says, or of a text in its place."""
    return Checked(
        str(file),
        findings_of(analysis, criteria=criteria),
        tuple(measure_of(result.target, found) for result in analysis.results for found in result.evaluations),
        whole=all(problem.part for problem in analysis.problems),
        hindrance=next((p.message for p in analysis.problems if p.stage == "interpreter"), None),
        lines=tuple(split_lines(text)) if text is not None else (),
    )


def _untrusted(analysis: Analysis) -> bool:
    return any(problem.stage in _PASSING for problem in analysis.problems)
