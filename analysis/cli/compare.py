"""`graphperf compare`: models and devices side by side, and why they differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..report.comparison import FORMATS, render
from ..report.point_table import skipped_lines
from ..study.compare import compare
from .exits import CLEAN, FINDINGS, usage_errors
from .grid import captured, grid_of, grid_options, report_problems, write
from .question_options import what_if_option


@click.command("compare")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@grid_options()
@what_if_option
@click.option("--format", "output", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output-file", "-o", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write there.")
def compare_command(targets: tuple[str, ...], output: str, path: Path | None, **given: Any) -> None:
    """Set models and devices side by side, and say why they differ.

    Every list may have several values: each combination is a row. The best of a column is marked.
    """
    with usage_errors():
        grid, options = grid_of(targets, **given)
        subjects, problems = captured(targets, grid, options)
    skipped = list(grid.skipped())
    if subjects:
        write(render(compare(subjects, grid), skipped, output), path)
    report_problems(problems)
    for line in skipped_lines(skipped):
        click.echo(line, err=True)
    raise SystemExit(FINDINGS if problems else CLEAN)
