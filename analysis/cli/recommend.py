"""`graphperf recommend`: the best device, precision, mode and batch size under limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..report.point_table import skipped_lines
from ..report.recommendation import FORMATS, render
from ..study import evaluate_points
from ..study.recommend import OBJECTIVES, Limits, Objective, recommend
from .exits import CLEAN, FINDINGS, usage_errors
from .grid import captured, grid_of, grid_options, quantity, report_problems, write


@click.command("recommend")
@click.argument("target", metavar="TARGET")
@click.option("--max-latency", metavar="TIME", help="As 5ms: of one run.")
@click.option("--max-power", metavar="POWER", help="As 30W: energy over latency, on average.")
@click.option("--max-memory", metavar="SIZE", help="As 8GB or 8GiB: weights and activations.")
@click.option("--min-throughput", metavar="RATE", help="As 200/s: samples a second.")
@click.option(
    "--objective",
    type=click.Choice(OBJECTIVES),
    default="edp",
    show_default=True,
    help="What ranks: EDP, energy and throughput of one sample, latency of the whole batch.",
)
@grid_options(hardware="all", precision="fp32,fp16,int8", mode="eager,compiled")
@click.option("--format", "output", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output-file", "-o", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write there.")
@click.option("--all", "everything", is_flag=True, help="Every candidate in the table, not only the first twenty.")
def recommend_command(
    target: str, max_latency: str | None, max_power: str | None, max_memory: str | None, min_throughput: str | None,
    objective: Objective, output: str, path: Path | None, everything: bool, **given: Any,
) -> None:  # fmt: skip
    """Rank devices, precisions, modes and batch sizes under limits, and say why each one loses.

    Accuracy is not estimated: whether the model bears a precision is for you to say with --precision.
    Exits with 1 when nothing keeps the limits.
    """
    with usage_errors():
        limits = Limits(
            quantity("--max-latency", max_latency, "s"), quantity("--max-power", max_power, "W"),
            quantity("--max-memory", max_memory, "B"), quantity("--min-throughput", min_throughput, "1/s"),
        )  # fmt: skip
        grid, options = grid_of([target], **given)
        subjects, problems = captured([target], grid, options)
    found = [recommend(evaluate_points([subject], grid), limits, objective) for subject in subjects]
    # What a device cannot do is only news where the devices were chosen.
    skipped = list(grid.skipped())
    if found:
        write(render(found, skipped, output, everything=everything), path)
    report_problems(problems)
    if "all" not in given["hardware"]:
        for line in skipped_lines(skipped):
            click.echo(line, err=True)
    raise SystemExit(CLEAN if not problems and all(each.winners for each in found) else FINDINGS)
