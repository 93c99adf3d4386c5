"""`graphperf-lint`: findings of the rules for files, in the manner of a linter. What has not changed needs no engine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from ..discovery import hardware_paths
from ..discovery.project import FILE as PROJECT_FILE
from ..lint.checked import Checked
from ..lint.files import python_files
from ..lint.interpreter import PROJECT, project_python
from ..lint.outcome import as_baseline, reported, sources_of
from ..lint.remembered import Remembered
from ..lint.run import agents, check_files
from ..lint.settings import LintSettings
from .exits import CLEAN, FINDINGS, fail, usage_errors
from .lint_options import FILE, chosen_settings, selection_options
from .lint_output import FORMATS, Output, write_file
from .question_options import question_options

if TYPE_CHECKING:
    from ..finding import Finding
    from ..report.findings.sarif import Fixes
    from ..settings import Options


class _Lint(click.Group):
    """Without the name of a command, the first of them: `graphperf-lint model.py` checks."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args and args[0] in self.commands else ["check", *args])


def _completed(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Files; as the first word also the names of the other commands."""
    group = context.parent.command if context.parent is not None else None
    names = group.list_commands(context) if isinstance(group, click.Group) and not context.params.get("files") else []
    found = [CompletionItem(name) for name in names if name.startswith(begun) and name != "check"]
    return [*found, CompletionItem(begun, type="file")]


@click.group(cls=_Lint, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Check models for what makes them slow on the chosen hardware."""


@main.command("check", epilog="Other commands: rule, config, completion.")
@click.version_option(package_name="graphperf", prog_name="graphperf-lint")
@click.argument("files", nargs=-1, metavar="FILES...", shell_complete=_completed)
@question_options
@selection_options
@click.option("--dependents", is_flag=True, help="Check the files below this folder that import FILES too.")
@click.option("--output-format", type=click.Choice(FORMATS), default="full", show_default=True)
@click.option("--output-file", type=FILE, help="Write there instead of to stdout.")
@click.option("--statistics", is_flag=True, help="How often each rule speaks, instead of the findings.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
@click.option("--jobs", "-j", type=click.IntRange(min=1), help="Files at a time; default: one a core.")
@click.option(
    "--fix", is_flag=True, help="Apply the fixes that keep the model's outputs and pay on every chosen device."
)
@click.option(
    "--unsafe-fixes", is_flag=True, help="With --fix or --diff: also those that change parameters or behaviour."
)
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes.")
@click.option("--write-baseline", type=FILE, help="Keep the figures and findings of now in this file, and report none.")
@click.option("--stdin-filename", type=click.Path(path_type=Path), help="Check the text on stdin as this file's.")
def check_command(
    files: tuple[str, ...], dependents: bool, jobs: int | None, stdin_filename: Path | None, exit_zero: bool, watch: bool,
    write_baseline: Path | None, fix: bool, unsafe_fixes: bool, diff: bool, output_format: str, output_file: Path | None,
    color: str, statistics: bool, **given: Any,
) -> None:  # fmt: skip
    """Check the models in FILES (or folders; default: this one) for what makes them slow on the chosen hardware.

    Exits with 0 without findings, 1 with findings, 2 when the request cannot be carried out.
    """
    output = Output(output_format, output_file, color, statistics=statistics)
    with usage_errors():
        settings = chosen_settings(**{name: given.pop(name) for name in _SELECTION})
        settings = _with_interpreter(settings, given)
        if write_baseline is not None:
            settings = replace(settings, baseline=None)  # what it is compared with now is not part of it
        request = _Request(files, settings, given, jobs, stdin_filename, dependents)
        if write_baseline is not None:
            write_file(write_baseline, as_baseline(request.checked(), settings, write_baseline))
            raise SystemExit(CLEAN)
        if diff:
            raise SystemExit(FINDINGS if _mend(request, unsafe=unsafe_fixes, write=False) else CLEAN)
        if fix:
            _mend(request, unsafe=unsafe_fixes, write=True)
        if watch:
            from .lint_watch import watched

            watched(lambda: _report(request, output), request.paths)
        found = _report(request, output)
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


@dataclass(frozen=True)
class _Request:
    """Which files are asked about, and what."""

    files: Sequence[str]
    settings: LintSettings
    given: Mapping[str, Any]
    jobs: int | None
    stdin: Path | None
    with_dependents: bool

    def paths(self) -> list[Path]:
        """The files. Raises `UsageError`."""
        return python_files(self.files, self.settings.exclude, with_dependents=self.with_dependents)

    def options(self) -> Options:
        """The question. Raises `UsageError`."""
        from .common import question

        return question(self.files if self.stdin is None else (str(self.stdin),), **self.given)

    def checked(self) -> list[Checked]:
        """What is found in the files, remembered or not. Raises `UsageError`."""
        checked = self._of_files() if self.stdin is None else [self._of_text(self.stdin)]
        hindrance = next((each.hindrance for each in checked if each.hindrance is not None), None)
        if hindrance is not None:
            fail(hindrance)
        return checked

    def _of_files(self) -> list[Checked]:
        settings, paths = self.settings, self.paths()
        if not paths:
            self.options()
        asked = {
            **self.given,
            "limits": settings.limits,
            "budgets": sorted(settings.budgets),
            "most": settings.regression,
        }
        remembered = Remembered(asked, self._beside(), fresh=self.given["fresh"])
        try:
            return check_files(paths, remembered, self.options, settings, self.jobs, _bar, self._interpreter())
        finally:
            remembered.close()

    def _interpreter(self) -> str | None:
        """The interpreter that captures; None where no code runs."""
        return None if self.given["untrusted"] else self.given["python"] or sys.executable

    def _of_text(self, file: Path) -> Checked:
        with agents(self._interpreter()) as pool:
            from ..lint.criteria import criteria_of
            from ..lint.worker import Worker

            return Worker(self.options(), criteria_of(self.settings), pool).check(file, text=sys.stdin.read())[0]

    def _beside(self) -> list[Path]:
        """What findings depend on besides the files: the project's settings, its own devices, the baseline."""
        projects = (folder / PROJECT_FILE for folder in (Path.cwd(), *Path.cwd().parents))
        devices = (file for folder in hardware_paths(Path.cwd()) for file in sorted(folder.glob("*.toml")))
        baseline = [self.settings.baseline] if self.settings.baseline is not None else []
        return [*(file for file in projects if file.is_file()), *devices, *baseline]


def _bar(total: int) -> AbstractContextManager[Callable[[int, str], None]]:
    from .common import bar

    return bar(total, "checking")


def _mend(request: _Request, *, unsafe: bool, write: bool) -> bool:
    """Applies the fixes, or shows what they would change, and says whether there are any."""
    from .lint_fix import mended, show_diff, write_fix

    findings, some = reported(request.checked(), request.settings), False
    for changed in mended(findings, request.settings, request.options(), unsafe=unsafe) if findings else ():
        some = True
        write_fix(changed) if write else show_diff(changed)
    return some


def _report(request: _Request, output: Output) -> bool:
    """Writes what is to be reported, and says whether there was something."""
    checked = request.checked()
    findings = reported(checked, request.settings)
    fixes = _offered(request, findings) if output.shows_fixes and request.stdin is None else None
    output.write(findings, [each.file for each in checked], sources_of(checked), fixes)
    return bool(findings)


def _offered(request: _Request, findings: Sequence[Finding]) -> Fixes | None:
    """The fixes for findings; nothing is loaded to look for them where there are none."""
    if not findings:
        return None
    from .lint_fix import offered

    return offered(findings, request.options())


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
