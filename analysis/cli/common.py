"""What the commands share: options, consoles, progress on stderr, errors as exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from ..capture import AgentPool, CachingCapturer, Capturer, PoolCapturer
from ..discovery import UsageError, hardware_paths
from ..discovery.directive import parse_shapes
from ..fusion import MODES
from ..pipeline import Analysis
from ..report import units
from ..settings import Options, with_values
from ..what_if import WhatIf, WhatIfs, parse_what_ifs
from .project import project_default, shown_default

Command = TypeVar("Command", bound=Callable[..., Any])
CLEAN, FINDINGS, USAGE = 0, 1, 2


def question_options(command: Command) -> Command:
    """The options that make up the question: device, precision, batch, mode, input, interpreter. Where one is missing, what
    the project's `pyproject.toml` says holds."""
    decorators = [
        click.option("--hardware", "-H", multiple=True, metavar="ID[,ID...]", default=project_default("hardware"),
                     show_default=shown_default("hardware"), help="Device profiles; `graphperf hardware` lists them."),
        click.option("--precision", metavar="NAME", default=project_default("precision"), show_default=shown_default("precision"),
                     help="fp32, fp16, bf16, int8, ...; amp or amp-bf16: FP32 weights under torch.autocast."),
        click.option("--batch", type=int, default=project_default("batch"),
                     help="First dimension of every input; default: as given or assumed."),
        click.option("--mode", metavar="MODE", default=project_default("mode"), show_default=shown_default("mode"),
                     help=f"{', '.join(MODES)}."),
    ]  # fmt: skip
    return _decorated(capture_options(command), decorators)


def capture_options(command: Command) -> Command:
    """The options that say how a model is captured: input, interpreter, limits."""
    decorators = [
        click.option("--input", "shapes", metavar="SHAPE", help='Input shape, as "(1, 3, 224, 224)"; several as a list.'),
        click.option("--dtype", metavar="NAME", help="Input dtype, as int64; default float32."),
        click.option("--python", metavar="PATH", help="Interpreter that has the model's packages; default: this one."),
        click.option("--no-cache", "fresh", is_flag=True, help="Capture again what is remembered from an earlier run."),
        click.option("--timeout", type=float, default=60.0, show_default=True, metavar="SECONDS", help="Limit a model."),
        click.option("--memory-gb", type=float, default=8.0, show_default=True, metavar="GB", help="Limit a model's capture."),
        click.option("--untrusted", is_flag=True, help="Run none of the target's code: only find its models."),
    ]  # fmt: skip
    return _decorated(command, decorators)


def what_if_option(command: Command) -> Command:
    """The option for changes to how the model is run."""
    text = f"What if: {', '.join(what_if.value for what_if in WhatIf)}; shown against the model as written."
    return click.option("--set", "changes", multiple=True, metavar="NAME[,NAME...]", help=text)(command)


def _decorated(command: Command, decorators: Sequence[Callable[[Command], Command]]) -> Command:
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


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
def usage_errors() -> Generator[None]:
    """A `UsageError` inside becomes one line on stderr and exit code 2."""
    try:
        yield
    except UsageError as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """Says what is wrong with the request and exits with 2."""
    click.echo(f"error: {message}", err=True)
    raise SystemExit(USAGE)


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


def capturer_for(pool: AgentPool, options: Options) -> Capturer:
    """Captures through the pool; what was captured before, and has not changed since, comes from the disk."""
    asker = PoolCapturer(pool, options.python)
    return asker if options.fresh else CachingCapturer(asker, options.python or sys.executable)


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
