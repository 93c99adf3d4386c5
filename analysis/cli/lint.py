"""`graphperf-lint`: findings of the rules for files, in the manner of a linter. What has not changed needs no engine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..discovery import hardware_paths
from ..discovery.project import FILE as PROJECT_FILE
from ..lint.checked import Checked
from ..lint.files import python_files
from ..lint.interpreter import PROJECT, project_python
from ..lint.outcome import as_baseline, reported, sources_of
from ..lint.remembered import Remembered
from ..lint.run import check_files
from ..lint.settings import LintSettings
from .exits import CLEAN, FINDINGS, fail, usage_errors
from .lint_options import FILE, chosen_settings, selection_options
from .lint_output import FORMATS, Output, write_file
from .question_options import question_options

if TYPE_CHECKING:
    from ..settings import Options


class _Lint(click.Group):
    """Without the name of a command, the first of them: `graphperf-lint model.py` checks."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args and args[0] in self.commands else ["check", *args])


@click.group(cls=_Lint, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Check models for what makes them slow on the chosen hardware."""


@main.command("check", epilog="Other commands: rule, config, completion.")
@click.version_option(package_name="graphperf", prog_name="graphperf-lint")
@click.argument("files", nargs=-1, metavar="FILES...")
@question_options
@selection_options
@click.option("--dependents", is_flag=True, help="Check the files below this folder that import FILES too.")
@click.option("--output-format", type=click.Choice(FORMATS), default="full", show_default=True)
@click.option("--output-file", type=FILE, help="Write there instead of to stdout.")
@click.option("--statistics", is_flag=True, help="How often each rule speaks, instead of the findings.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
@click.option("--jobs", "-j", type=click.IntRange(min=1), help="Files at a time; default: one a core.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes.")
@click.option("--write-baseline", type=FILE, help="Keep the figures and findings of now in this file, and report none.")
@click.option("--stdin-filename", type=click.Path(path_type=Path), help="Check the text on stdin as this file's.")
def check_command(files: tuple[str, ...], jobs: int | None, stdin_filename: Path | None, **given: Any) -> None:
    """Check the models in FILES (or folders; default: this one) for what makes them slow on the chosen hardware.

    Exits with 0 without findings, 1 with findings, 2 when the request cannot be carried out.
    """
    exit_zero, watch, baseline = (given.pop(name) for name in ("exit_zero", "watch", "write_baseline"))
    output = Output(*(given.pop(name) for name in ("output_format", "output_file", "color", "statistics")))
    with_dependents = given.pop("dependents")
    with usage_errors():
        settings = chosen_settings(**{name: given.pop(name) for name in _SELECTION})
        settings = _with_interpreter(settings, given)
        chosen = partial(python_files, files, settings.exclude, with_dependents=with_dependents)
        if baseline is not None:
            settings = replace(settings, baseline=None)  # what it is compared with now is not part of it
        ask = partial(_checked, chosen, files, settings, given, jobs, stdin_filename)
        if baseline is not None:
            write_file(baseline, as_baseline(ask(), settings, baseline))
            raise SystemExit(CLEAN)
        if watch:
            from .lint_watch import watched

            watched(lambda: _report(ask(), settings, output), chosen)
        found = _report(ask(), settings, output)
    raise SystemExit(FINDINGS if found and not exit_zero else CLEAN)


_SELECTION = ("select", "extend_select", "ignore", "per_file_ignores", "severity", "baseline", "isolated")


def _with_interpreter(settings: LintSettings, given: dict[str, Any]) -> LintSettings:
    """The settings, and in `given` the project's interpreter where it is asked for. Raises `UsageError`."""
    if given["python"] != PROJECT:
        return settings
    given["python"] = project_python(Path.cwd())
    if given["python"] is not None:
        return settings
    click.echo("no interpreter with torch was found: no model is captured, and only texts are checked", err=True)
    given["untrusted"] = True
    return replace(settings, static=True)


def _checked(
    chosen: Callable[[], list[Path]], names: Sequence[str], settings: LintSettings, given: dict[str, Any], jobs: int | None,
    stdin_filename: Path | None,
) -> list[Checked]:  # fmt: skip
    """What is found in the chosen files, remembered or not. Raises `UsageError`."""
    if stdin_filename is not None:
        checked = [_from_stdin(stdin_filename, settings, _options((str(stdin_filename),), given))]
    else:
        checked = _in_files(chosen(), settings, partial(_options, names, given), given, jobs)
    hindrance = next((each.hindrance for each in checked if each.hindrance is not None), None)
    if hindrance is not None:
        fail(hindrance)
    return checked


def _in_files(
    files: Sequence[Path],
    settings: LintSettings,
    options: Callable[[], Options],
    given: dict[str, Any],
    jobs: int | None,
) -> list[Checked]:
    if not files:
        options()
    asked = {**given, "limits": settings.limits, "budgets": sorted(settings.budgets), "regression": settings.regression}
    remembered = Remembered(asked, _beside(settings), fresh=given["fresh"])
    try:
        return check_files(files, remembered, options, settings, jobs, _bar)
    finally:
        remembered.close()


def _options(files: Sequence[str], given: dict[str, Any]) -> Options:
    from .common import question

    return question(files, **given)


def _beside(settings: LintSettings) -> list[Path]:
    """What findings depend on besides the files: the project's settings, its own devices, the baseline."""
    projects = (folder / PROJECT_FILE for folder in (Path.cwd(), *Path.cwd().parents))
    devices = (file for folder in hardware_paths(Path.cwd()) for file in sorted(folder.glob("*.toml")))
    baseline = [settings.baseline] if settings.baseline is not None else []
    return [*(file for file in projects if file.is_file()), *devices, *baseline]


def _from_stdin(file: Path, settings: LintSettings, options: Options) -> Checked:
    from ..lint.criteria import criteria_of
    from ..lint.worker import Worker

    worker = Worker(options, criteria_of(settings))
    try:
        return worker.check(file, text=sys.stdin.read())[0]
    finally:
        worker.close()


def _bar(total: int) -> AbstractContextManager[Callable[[int, str], None]]:
    from .common import bar

    return bar(total, "checking")


def _report(checked: Sequence[Checked], settings: LintSettings, output: Output) -> bool:
    """Writes what is to be reported, and says whether there was something."""
    findings = reported(checked, settings)
    output.write(findings, [each.file for each in checked], sources_of(checked))
    return bool(findings)


@main.command("rule")
@click.argument("name", required=False)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rule_command(name: str | None, output_format: str) -> None:
    """Explain a rule, by its code or name; without one, list them all."""
    from .lint_rules import print_rules

    with usage_errors():
        print_rules(name, output_format)


@main.command("config")
@click.argument("key", required=False)
def config_command(key: str | None) -> None:
    """Show the settings of [tool.graphperf.lint], what they mean, and their values here."""
    from .lint_config import print_config

    with usage_errors():
        print_config(key)


@main.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print what completes graphperf-lint in a shell: `eval "$(graphperf-lint completion bash)"`."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(main, {}, "graphperf-lint", "_GRAPHPERF_LINT_COMPLETE").source())


if __name__ == "__main__":
    main(prog_name="graphperf-lint")
