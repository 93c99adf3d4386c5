"""`graphperf`: analyze models, list hardware, examine the installation."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from ..capture import AgentPool, AgentUnavailable
from ..discovery import parse_target
from ..pipeline import Analysis, Problem, analyze, capturer_for
from .common import batches_that_do_not_fit, interpreter_problem, progress, question
from .exits import CLEAN, FINDINGS, fail, usage_errors
from .question_options import question_options, what_if_option

_PIPE_WIDTH = 120


# Commands that are imported when they are asked for, by the module that has them.
_ELSEWHERE = {
    "calibrate": "calibrate", "compare": "compare", "diff": "diff", "graph": "report", "hardware": "hardware",
    "measure": "measure", "recommend": "recommend", "report": "report", "sweep": "sweep", "validate": "validate",
}  # fmt: skip


class _Commands(click.Group):
    """Analyses start sooner without what the other commands need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.commands, *_ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _ELSEWHERE and cmd_name not in self.commands:
            module = importlib.import_module(f".{_ELSEWHERE[cmd_name]}", __package__)
            self.add_command(getattr(module, f"{cmd_name}_command"))
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="graphperf")
def main() -> None:
    """Predict what a PyTorch model costs on a device, line by line, without running it there."""


@main.command("analyze")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@question_options
@what_if_option
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--all", "all_layers", is_flag=True, help="Every kernel in the table, not only the first twenty.")
def analyze_command(targets: tuple[str, ...], output: str, all_layers: bool, **given: Any) -> None:
    """Report latency, energy, EDP and memory of a model, by layer.

    TARGET is file.py, file.py::Class or package.module:factory, where factory is a callable without arguments.
    """
    with usage_errors():
        options = question(targets, **given)
        parsed = [parse_target(text) for text in targets]
        with progress() as note, AgentPool() as pool:
            capturer = capturer_for(pool, options)
            analyses = [analyze(target, options, capturer, progress=note) for target in parsed]
    message = interpreter_problem(analyses)
    if message is None and options.batch is not None:
        message = batches_that_do_not_fit(analyses)
    if message is not None:
        fail(message)
    _print(analyses, [str(target) for target in parsed], output, all_layers)
    clean = all(a.results and all(problem.part for problem in a.problems) for a in analyses)
    raise SystemExit(CLEAN if clean else FINDINGS)


def _print(analyses: list[Analysis], targets: list[str], output: str, all_layers: bool) -> None:
    if output == "json":
        from ..report.json_report import report_file

        click.echo(report_file(analyses).model_dump_json(indent=2))
        return
    from rich.console import Console

    from ..report.text import print_analysis

    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    for analysis, target in zip(analyses, targets, strict=True):
        with console.capture() as captured:
            print_analysis(console, analysis, all_layers=all_layers)
        text = "\n".join(line.rstrip() for line in captured.get().splitlines())
        if text:
            click.echo(text)
        for problem in _shown(analysis):
            place = f"{problem.file}:{problem.line}" if problem.line is not None else problem.file or problem.target
            click.echo(f"{place}: GP901 {problem.message}", err=True)
        if not analysis.results and not analysis.problems:
            click.echo(f"{target}: no nn.Module class found", err=True)


def _shown(analysis: Analysis) -> Sequence[Problem]:
    """The problems of models; those of parts where there is nothing else to say."""
    of_models = [problem for problem in analysis.problems if not problem.part]
    return of_models if of_models or analysis.results else analysis.problems


@main.command("doctor")
@click.option("--python", metavar="PATH", help="Interpreter that has the model's packages; default: this one.")
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def doctor_command(python: str | None, output: str) -> None:
    """Say whether captures work here, and how far they are confined.

    Exits with 0 when all holds, 1 when something is missing, 2 when the interpreter cannot be used.
    """
    from .doctor import examine, print_examination

    try:
        examination = examine(python)
    except AgentUnavailable as error:
        fail(f"{error}; choose an interpreter that has torch with --python")
    print_examination(examination, output)
    raise SystemExit(CLEAN if examination.complete else FINDINGS)


if __name__ == "__main__":
    main()
