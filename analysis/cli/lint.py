"""`graphperf-lint`: findings of the rules for files, in the manner of a linter."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from ..capture import AgentPool
from ..discovery import FileTarget, UnreadableSource, check_file, read_python
from ..discovery.classes import split_lines
from ..finding import Finding
from ..pipeline import Analysis, Progress, analyze
from ..rules import judge
from ..settings import Options
from .common import capturer_for, interpreter_problem, progress, question
from .exits import CLEAN, FINDINGS, fail, usage_errors
from .question_options import question_options

_FORMATS = ("full", "concise", "json", "sarif")
_SKIPPED = frozenset({".venv", "venv", "node_modules", "__pycache__", "build", "dist", "site-packages"})


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="graphperf")
@click.argument("files", nargs=-1, metavar="FILES...")
@question_options
@click.option("--output-format", type=click.Choice(_FORMATS), default="full", show_default=True)
@click.option(
    "--output-file", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead of to stdout."
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
def main(files: tuple[str, ...], output_format: str, output_file: Path | None, exit_zero: bool, **given: Any) -> None:
    """Check the models in FILES (or folders; default: this one) for what makes them slow on the chosen hardware.

    Exits with 0 without findings, 1 with findings, 2 when the request cannot be carried out.
    """
    with usage_errors():
        options = question(files, **given)
        paths = list(_python_files(files or (".",)))
        analyses = _analyze(paths, options)
    message = interpreter_problem(analyses)
    if message is not None:
        fail(message)
    findings = [finding for analysis in analyses for finding in judge(analysis)]
    _write(findings, output_format, output_file)
    raise SystemExit(FINDINGS if findings and not exit_zero else CLEAN)


def _analyze(paths: Sequence[Path], options: Options) -> list[Analysis]:
    with progress() as note, AgentPool() as pool:
        capturer = capturer_for(pool, options)
        return [analyze(FileTarget(path), options, capturer, progress=_named(note, path)) for path in paths]


def _named(note: Progress, path: Path) -> Progress:
    def named(text: str) -> None:
        note(f"{path}: {text}")

    return named


def _python_files(names: Sequence[str]) -> Iterator[Path]:
    """The named files, and the Python files below named folders. Raises `UsageError` for a name that does not exist."""
    for name in names:
        path = Path(name)
        if path.is_dir():
            below = (p for p in sorted(path.rglob("*.py")) if not _SKIPPED & set(p.relative_to(path).parts[:-1]))
            yield from (p for p in below if not any(part.startswith(".") for part in p.relative_to(path).parts))
        else:
            check_file(path)
            yield path


def _write(findings: Sequence[Finding], output_format: str, output_file: Path | None) -> None:
    text = _render(findings, output_format, to_terminal=output_file is None)
    if output_file is not None:
        try:
            output_file.write_text(text, encoding="utf-8")
        except OSError as error:
            fail(f"cannot write {output_file}: {error.strerror or error}")
    elif text:
        click.echo(text, nl=not text.endswith("\n"))


def _render(findings: Sequence[Finding], output_format: str, *, to_terminal: bool) -> str:
    if output_format == "json":
        from ..report.findings import finding_records

        return json.dumps(finding_records(findings), indent=2)
    sources = {finding.file: _lines(finding.file) for finding in findings}
    if output_format == "sarif":
        from ..report.sarif import sarif

        return json.dumps(sarif(findings, Path.cwd(), sources), indent=2)
    from rich.console import Console

    from ..report.findings import print_concise, print_full

    colour = to_terminal and sys.stdout.isatty()
    console = Console(highlight=False, force_terminal=colour, no_color=None if colour else True)
    with console.capture() as captured:
        if output_format == "concise":
            print_concise(console, findings)
        else:
            print_full(console, findings, sources)
    summary = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}" if findings else "no findings"
    return f"{captured.get()}{summary}\n"


def _lines(file: str) -> list[str]:
    try:
        return split_lines(read_python(Path(file)))
    except UnreadableSource:
        return []


if __name__ == "__main__":
    main()
