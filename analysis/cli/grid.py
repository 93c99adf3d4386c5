"""The options of the commands that ask many questions, and what they do before the first answer: capture the models."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..capture import AgentPool
from ..discovery import UsageError, parse_target
from ..modes import DEFAULT_HARDWARE, MODES
from ..numerics import Numerics
from ..pipeline import Problem, capturer_for
from ..settings import Options, devices_named, with_values
from ..study import Grid, Subject, subjects_of
from ..study.quantities import parse_quantity
from .common import capture_choices, listed, progress, what_ifs
from .exits import fail
from .question_options import Command, capture_options


def grid_options(
    *, hardware: str = DEFAULT_HARDWARE, precision: str = "fp32", mode: str = "eager"
) -> Callable[[Command], Command]:
    """The lists that make up a grid, with these defaults, and the options of a capture."""

    def decorate(command: Command) -> Command:
        decorators = [
            click.option("--hardware", "-H", multiple=True, metavar="ID[,ID...]", default=(hardware,), show_default=True,
                         help="Device profiles, or all; `graphperf hardware` lists them."),
            click.option("--precision", multiple=True, metavar="NAME[,NAME...]", default=(precision,), show_default=True,
                         help="fp32, fp16, bf16, int8, ..., amp, amp-bf16."),
            click.option("--mode", multiple=True, metavar="MODE[,MODE...]", default=(mode,), show_default=True,
                         help=f"{', '.join(MODES)}."),
            click.option("--batch", multiple=True, metavar="N[,N...]",
                         help="First dimension of every input; default: as given or assumed."),
        ]  # fmt: skip
        decorated = capture_options(command)
        for decorator in reversed(decorators):
            decorated = decorator(decorated)
        return decorated

    return decorate


def grid_of(
    targets: Sequence[str], hardware: Sequence[str], precision: Sequence[str], mode: Sequence[str], batch: Sequence[str],
    changes: Sequence[str] = (), **capture: Any,
) -> tuple[Grid, Options]:  # fmt: skip
    """The grid, and how to capture. Raises `UsageError`."""
    options = capture_choices(targets, **capture)
    grid = Grid(
        devices_named(listed("--hardware", hardware), options.hardware_paths),
        tuple(dict.fromkeys(parse_precision(name) for name in listed("--precision", precision))),
        tuple(with_values(options, mode=name).mode for name in listed("--mode", mode)),
        tuple(dict.fromkeys(parse_batch(text) for text in listed("--batch", batch))),
        what_ifs(changes),
    )
    if not grid.questions():
        raise UsageError("; ".join(f"{entry.hardware} {entry.reason}" for entry in grid.skipped()))
    return grid, options


def parse_precision(name: str) -> Numerics:
    """Reads a precision. Raises `UsageError`."""
    return with_values(Options(), precision=name).precision


def parse_batch(text: str) -> int:
    """Reads a batch size. Raises `UsageError`."""
    try:
        batch = int(text)
    except ValueError as error:
        raise UsageError(f"--batch: {text!r} is no number") from error
    if batch < 1:
        raise UsageError(f"--batch must be at least 1, not {batch}")
    return batch


def quantity(name: str, text: str | None, dimension: str) -> float | None:
    """The value of an option in SI units: `30W` of dimension W. Raises `UsageError`."""
    if text is None:
        return None
    try:
        return parse_quantity(text, dimension)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from error


def captured(targets: Sequence[str], grid: Grid, options: Options) -> tuple[list[Subject], list[Problem]]:
    """The models of the targets at the grid's batch sizes. Raises `UsageError`; exits when the interpreter is of no use."""
    parsed = [parse_target(text) for text in targets]
    subjects: list[Subject] = []
    problems: list[Problem] = []
    with progress() as note, AgentPool() as pool:
        capturer = capturer_for(pool, options)
        for target in parsed:
            found, failed = subjects_of(target, grid.batches, replace(options, what_if=grid.what_if), capturer, note)
            subjects += found
            problems += failed
    for problem in problems:
        if problem.stage == "interpreter":
            fail(problem.message)
    return subjects, problems


def report_problems(problems: Sequence[Problem]) -> None:
    """The models that could not be captured, on stderr."""
    for problem in problems:
        place = f"{problem.file}:{problem.line}" if problem.line is not None else problem.file or problem.target
        click.echo(f"{place}: GP901 {problem.message}", err=True)


def write(text: str, path: Path | None) -> None:
    """To a file, or to stdout. Exits with 2 when the file cannot be written."""
    if path is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    with writing(path):
        path.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")


@contextmanager
def writing(path: Path) -> Generator[None]:
    """A failure to write inside becomes one line on stderr and exit code 2."""
    try:
        yield
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror or error}")
