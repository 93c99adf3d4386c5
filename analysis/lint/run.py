"""A run over files: what is remembered at once, the rest by the engine, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..store import Dependency
from .checked import Checked
from .remembered import Remembered
from .settings import LintSettings

if TYPE_CHECKING:
    from ..capture import AgentPool
    from ..settings import Options

Found = tuple[Checked, frozenset[Dependency] | None]
Note = Callable[[int, str], None]


def check_files(
    files: Sequence[Path], remembered: Remembered, options: Callable[[], Options], settings: LintSettings,
    jobs: int | None = None, bar: Callable[[int], AbstractContextManager[Note]] | None = None,
    interpreter: str | None = None,
) -> list[Checked]:  # fmt: skip
    """The files in their order. `options` is asked for only when the engine is needed, `bar` told how many files that takes;
    the `interpreter` that will capture, if any will, imports torch while the engine is being loaded.

    Raises `UsageError` where `options` does.
    """
    known = {file: remembered.get(file) for file in files}
    missing = [file for file, found in known.items() if found is None]
    if missing:
        with agents(interpreter) as pool:
            asked = options()
            with bar(len(missing)) if bar is not None else nullcontext(_silent) as tell:
                for file, (checked, dependencies) in _checked(missing, asked, settings, jobs, tell, pool):
                    known[file] = checked
                    if dependencies is not None:
                        remembered.put(file, checked, dependencies)
    return [found for found in map(known.get, files) if found is not None]


@contextmanager
def agents(interpreter: str | None) -> Generator[AgentPool]:
    """Interpreters for captures; the one that is named has begun to import torch."""
    from ..capture import AgentPool

    with AgentPool() as pool:
        if interpreter is not None:
            pool.start_ahead(interpreter)
        yield pool


def _silent(_done: int, _name: str) -> None:
    """No progress is shown."""


def _checked(
    files: Sequence[Path], options: Options, settings: LintSettings, jobs: int | None, tell: Note, pool: AgentPool
) -> Iterator[tuple[Path, Found]]:
    """Each file as it is done. One interpreter captures for all of them, in a process of its own for each capture."""
    from ..capture import at_once
    from .criteria import criteria_of
    from .worker import Worker

    captures = at_once(jobs)
    worker = Worker(replace(options, side_by_side=max(1, captures // len(files))), criteria_of(settings), pool)

    def check(file: Path) -> Found:
        tell(0, str(file))
        return worker.check(file)

    threads = ThreadPoolExecutor(captures, "graphperf-files")
    try:
        waiting = {threads.submit(check, file): file for file in files}
        for future in as_completed(waiting):
            tell(1, str(waiting[future]))
            yield waiting[future], future.result()
    finally:
        pool.close()  # a capture that nobody waits for any more ends with it
        threads.shutdown(cancel_futures=True)
