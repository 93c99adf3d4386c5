"""What the commands share: the checked question, progress on stderr, the capturer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..discovery import UsageError, hardware_paths
from ..discovery.directive import parse_shapes
from ..pipeline import Analysis
from ..report import units
from ..settings import Options, with_values
from ..what_if import WhatIfs, parse_what_ifs


def question(
    targets: Sequence[str], hardware: Sequence[str], precision: str, batch: int | None, mode: str,
    changes: Sequence[str] = (), **capture: Any,
) -> Options:  # fmt: skip
    """The checked options. Raises `UsageError`."""
    options = replace(capture_choices(targets, **capture), what_if=what_ifs(changes))
    checked = with_values(options, hardware=listed("--hardware", hardware), precision=precision, mode=mode, batch=batch)
    checked.devices()
    return checked


def device_folders(targets: Sequence[str] = ()) -> tuple[Path, ...]:
    """The folders of device files that the projects of the working directory and of the targets' files name.

    Raises `UsageError`.
    """
    named = (Path(target.partition("::")[0]) for target in targets)
    places = [Path.cwd(), *(path for path in named if path.exists())]
    return tuple(dict.fromkeys(folder for place in places for folder in hardware_paths(place)))


def capture_choices(
    targets: Sequence[str],
    shapes: str | None,
    dtype: str | None,
    python: str | None,
    timeout: float,
    fresh: bool,
    memory_gb: float,
    untrusted: bool,
) -> Options:
    """The checked options of a capture. Raises `UsageError`."""
    if dtype is not None and shapes is None:
        raise UsageError("--dtype says what --input is: give both")
    if timeout <= 0:
        raise UsageError(f"--timeout must be above 0, not {timeout:g}")
    try:
        inputs = parse_shapes(shapes, dtype) if shapes else ()
    except ValueError as error:
        raise UsageError(f"--input: {error}") from error
    options = Options(
        hardware_paths=device_folders(targets), inputs=inputs, python=python, seconds=timeout, fresh=fresh,
        trusted=not untrusted,
    )  # fmt: skip
    return with_values(options, memory_gb=memory_gb)


def listed(name: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The words of an option that may be repeated and has commas between them, each once. Raises `UsageError`."""
    words = tuple(dict.fromkeys(part.strip() for text in texts for part in text.split(",")))
    if "" in words:
        raise UsageError(f"{name}: nothing between the commas" if len(words) > 1 else f"{name} is empty")
    return words


def what_ifs(texts: Sequence[str]) -> WhatIfs:
    """The changes that are asked for. Raises `UsageError`."""
    names = listed("--set", texts)
    try:
        return parse_what_ifs(names)
    except ValueError as error:
        raise UsageError(f"--set: {error}") from error


@contextmanager
def progress() -> Generator[Callable[[str], None]]:
    """A spinner on stderr that says what is being done; nothing when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting the interpreter") as status:
        yield status.update


def _nowhere(_done: int, _name: str) -> None:
    """No progress is shown."""


@contextmanager
def bar(total: int, task: str) -> Generator[Callable[[int, str], None]]:
    """A progress bar on stderr: what it yields hears how many more are done, and what of. Nothing without a terminal."""
    if not sys.stderr.isatty():
        yield _nowhere
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        number = shown.add_task(task, total=total)

        def advance(done: int, name: str) -> None:
            shown.update(number, advance=done, description=name[:40])

        yield advance


def interpreter_problem(analyses: Sequence[Analysis]) -> str | None:
    """The message when the interpreter itself cannot be used: said once, whatever the number of models."""
    return next((p.message for a in analyses for p in a.problems if p.stage == "interpreter"), None)


def batches_that_do_not_fit(analyses: Sequence[Analysis]) -> str | None:
    """The message when a batch that was asked for does not fit a device, with the largest that does."""
    misfits: list[str] = []
    for evaluation in (e for a in analyses for result in a.results for e in result.evaluations):
        graph, question = evaluation.graph, evaluation.question
        capacity = question.device.memory.dram_size.si
        if evaluation.peak_memory_bytes > capacity:
            largest = evaluation.memory.largest_batch(capacity, question.storage, graph.batch)
            most = f"the largest batch that fits is {largest:,}" if largest else "not even a batch of 1 fits"
            misfits.append(
                f"{graph.model} at batch {graph.batch:,} needs {units.data(evaluation.peak_memory_bytes)}, "
                f"{question.device.id} has {units.data(capacity)}; {most}"
            )
    return "; ".join(misfits) or None
