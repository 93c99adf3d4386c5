"""`graphperf sweep`: every combination of batch, precision, mode and device, as data."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from ..discovery import UsageError
from ..report.point_table import point_records, skipped_lines
from ..report.sweep import FORMATS, render
from ..report.table import write_parquet
from ..study import evaluate_points
from .common import bar
from .exits import CLEAN, FINDINGS, usage_errors
from .grid import captured, grid_of, grid_options, report_problems, write, writing
from .question_options import what_if_option


@click.command("sweep")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@grid_options()
@what_if_option
@click.option("--format", "output", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output-file", "-o", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write there.")
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes; one answers about a thousand points a second.",
)
def sweep_command(targets: tuple[str, ...], output: str, path: Path | None, jobs: int, **given: Any) -> None:  # fmt: skip
    """Evaluate every combination of the lists: batch, precision, mode, device.

    What a device cannot do is left out and said so; a point that exceeds the device's memory has fits=false.
    """
    with usage_errors():
        if output == "parquet":
            _check_parquet(path)
        grid, options = grid_of(targets, **given)
        subjects, problems = captured(targets, grid, options)
    with bar(len(grid.questions()) * sum(len(subject.graphs) for subject in subjects), "evaluating") as advance:
        points = evaluate_points(subjects, grid, jobs, lambda done: advance(done, "evaluating"))
    skipped = list(grid.skipped())
    if subjects and output == "parquet":
        assert path is not None
        with writing(path):
            write_parquet(point_records(points), path)
    elif subjects:
        write(render(points, skipped, output), path)
    report_problems(problems)
    for line in skipped_lines(skipped):
        click.echo(line, err=True)
    raise SystemExit(FINDINGS if problems else CLEAN)


def _check_parquet(path: Path | None) -> None:
    """Before anything is captured. Raises `UsageError`."""
    if path is None:
        raise UsageError("the format parquet needs a file: give --output-file")
    if find_spec("pyarrow") is None:
        raise UsageError("the format parquet needs pyarrow: pip install 'graphperf[parquet]'")
