"""Writes docs/reference/command-line.md: every command with every option, as `--help` says it. `make reference`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from graphperf.analysis.cli import lint, main

from .blocks import ROOT

PAGE = ROOT / "docs" / "reference" / "command-line.md"
PROGRAMS = {"graphperf": main.main, "graphperf-lint": lint.main}
_HEAD = """# Command line

Made by `make reference` from the commands; `--help` behind each says the same. `graphperf-server`, which editors start,
has no options but `--verbose`: [its settings](../settings.md) come from the editor and the project.

"""


def page() -> str:
    """The page as the commands are now."""
    parts = [part for name, program in PROGRAMS.items() for part in _parts(program, name, None)]
    return _HEAD + "\n\n".join(parts) + "\n"


def commands() -> list[str]:
    """`graphperf analyze` and so on: every command that does something."""
    return [
        f"{name} {sub}" for name, program in PROGRAMS.items() for sub in program.list_commands(click.Context(program))
    ]


def _parts(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(command, info_name=name.rpartition(" ")[2], parent=parent, **command.context_settings)
    yield f"{'##' if parent is None else '###'} {name}"
    yield inspect.cleandoc(command.help or "").replace("\b\n", "")
    if not isinstance(command, click.Group):
        yield f"```text\n{' '.join(command.get_usage(context).split()).removeprefix('Usage: ')}\n```"
    given = [option for option in command.params if isinstance(option, click.Option)]
    options = [record for option in given if (record := option.get_help_record(context))]
    # A command keeps the option for its help as whoever asked first had it named; the context says how it is named here.
    options.append((", ".join(context.help_option_names), "Show this message and exit."))
    yield "| option | meaning |\n|---|---|\n" + "\n".join(
        f"| `{_cell(names)}` | {_cell(meaning)} |" for names, meaning in options
    )
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            its = command.get_command(context, sub)
            if its is not None:
                yield from _parts(its, f"{name} {sub}", context)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
