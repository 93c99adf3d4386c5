"""A run over files: what is remembered at once, the rest by the engine, several at a time where it pays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from ..cores import cores
from ..store import Dependency
from .checked import Checked
from .remembered import Remembered
from .settings import LintSettings

if TYPE_CHECKING:
    from ..settings import Options

# A process more takes about a second to start: so many files are worth it.
_FILES_A_PROCESS = 4
Found = tuple[Checked, frozenset[Dependency] | None]
Note = Callable[[int, str], None]


def check_files(
    files: Sequence[Path], remembered: Remembered, options: Callable[[], Options], settings: LintSettings,
    jobs: int | None = None, bar: Callable[[int], AbstractContextManager[Note]] | None = None,
) -> list[Checked]:  # fmt: skip
    """The files in their order. `options` is asked for only when the engine is needed, `bar` told how many files that takes.

    Raises `UsageError` where `options` does.
    """
    known = {file: remembered.get(file) for file in files}
    missing = [file for file, found in known.items() if found is None]
    if missing:
        asked = options()
        with bar(len(missing)) if bar is not None else nullcontext(_silent) as tell:
            for file, (checked, dependencies) in _checked(missing, asked, settings, jobs or cores(), tell):
                known[file] = checked
                if dependencies is not None:
                    remembered.put(file, checked, dependencies)
    return [found for found in map(known.get, files) if found is not None]


def _silent(_done: int, _name: str) -> None:
    """No progress is shown."""


def _checked(
    files: Sequence[Path], options: Options, settings: LintSettings, jobs: int, tell: Note
) -> Iterable[tuple[Path, Found]]:
    processes = min(jobs, len(files) // _FILES_A_PROCESS)
    if processes > 1:
        return _side_by_side(files, replace(options, side_by_side=1), settings, processes, tell)
    return _one_by_one(files, replace(options, side_by_side=jobs), settings, tell)


def _one_by_one(
    files: Sequence[Path], options: Options, settings: LintSettings, tell: Note
) -> Iterator[tuple[Path, Found]]:
    from .criteria import criteria_of
    from .worker import Worker

    worker = Worker(options, criteria_of(settings))
    try:
        for file in files:
            tell(0, str(file))
            yield file, worker.check(file)
            tell(1, str(file))
    finally:
        worker.close()


def _side_by_side(
    files: Sequence[Path], options: Options, settings: LintSettings, processes: int, tell: Note
) -> Iterator[tuple[Path, Found]]:
    from .worker import begin, check

    context = get_context("spawn")
    with ProcessPoolExecutor(processes, context, begin, (options, settings)) as pool:
        waiting = {pool.submit(check, file): file for file in files}
        for future in as_completed(waiting):
            tell(1, str(waiting[future]))
            yield waiting[future], future.result()
