"""The options that ask a question of a model, and those of its capture. Light to import: nothing of the engine is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from ..modes import MODES
from ..what_if import WhatIf
from .project import project_default, shown_default

Command = TypeVar("Command", bound=Callable[..., Any])


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
    return decorated(capture_options(command), decorators)


def capture_options(command: Command) -> Command:
    """The options that say how a model is captured: input, interpreter, limits."""
    decorators = [
        click.option("--input", "shapes", metavar="SHAPE", help='Input shape, as "(1, 3, 224, 224)"; several as a list.'),
        click.option("--dtype", metavar="NAME", help="Input dtype, as int64; several as a list; default float32."),
        click.option("--python", metavar="PATH", help="Interpreter that has the model's packages; default: this one."),
        click.option("--no-cache", "fresh", is_flag=True, help="Capture again what is remembered from an earlier run."),
        click.option("--timeout", type=float, default=60.0, show_default=True, metavar="SECONDS", help="Limit a model."),
        click.option("--memory-gb", type=float, default=8.0, show_default=True, metavar="GB", help="Limit a model's capture."),
        click.option("--untrusted", is_flag=True, help="Run none of the target's code: only find its models."),
    ]  # fmt: skip
    return decorated(command, decorators)


def what_if_option(command: Command) -> Command:
    """The option for changes to how the model is run."""
    text = f"What if: {', '.join(what_if.value for what_if in WhatIf)}; shown against the model as written."
    return click.option("--set", "changes", multiple=True, metavar="NAME[,NAME...]", help=text)(command)


def decorated(command: Command, decorators: Sequence[Callable[[Command], Command]]) -> Command:
    """A command with options, the first of which its help shows first."""
    for decorator in reversed(decorators):
        command = decorator(command)
    return command
