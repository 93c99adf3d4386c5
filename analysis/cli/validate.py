"""`graphperf validate`: whether a model's figures can be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..discovery import UsageError
from ..report.accuracy import FORMATS as ACCURACY_FORMATS
from ..report.validation import FORMATS, render
from ..study.families import Family, families, family_named
from ..study.validate import validate
from .accuracy import accuracy
from .common import capture_choices, listed
from .exits import CLEAN, FINDINGS, usage_errors
from .grid import captured, grid_of, grid_options, report_problems, write


@click.command("validate")
@click.argument("targets", nargs=-1, metavar="[TARGET...]")
@click.option(
    "--family",
    "family_name",
    metavar="NAME",
    help=f"What the model should measure like: {', '.join(families())}; default: by its name.",
)
@click.option("--measured", "tables", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="FILE",
              help="Instead of targets: a table of measurements (CSV, also gzipped) or a folder of them.")  # fmt: skip
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="With --measured: at most N rows a group.")
@grid_options(mode="eager,compiled,ideal")
@click.option(
    "--format",
    "output",
    type=click.Choice(dict.fromkeys((*FORMATS, *ACCURACY_FORMATS))),
    default="text",
    show_default=True,
)
@click.option("--output-file", "-o", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write there.")
def validate_command(
    targets: tuple[str, ...], family_name: str | None, tables: tuple[Path, ...], sample: int | None, output: str,
    path: Path | None, **given: Any,
) -> None:  # fmt: skip
    """Check a model's figures: what holds for every model, and what is published of its family.

    Every combination of the lists is tried. Exits with 1 when a check fails. With --measured, how far predictions are off
    from measurements, beside a plain roofline: by device, mode, family and regime; --hardware is for rows of a device of that
    name, and other lists are not read.
    """
    with usage_errors():
        if bool(tables) == bool(targets):
            raise UsageError("give targets to check, or --measured FILE")
        if tables:
            write(_accuracy(tables, sample, output, given), path)
            raise SystemExit(CLEAN)
        if output not in FORMATS:
            raise UsageError(f"--format {output} belongs to --measured")
        family = _family(family_name)
        grid, options = grid_of(targets, **given)
        subjects, problems = captured(targets, grid, options)
    found = [validate(subject, grid.questions(), family) for subject in subjects]
    if found:
        write(render(found, output), path)
    report_problems(problems)
    raise SystemExit(FINDINGS if problems or any(each.failed for each in found) else CLEAN)


def _accuracy(tables: Sequence[Path], sample: int | None, output: str, given: Mapping[str, Any]) -> str:
    """The report on tables of measurements. Raises `UsageError`."""
    capture: dict[str, Any] = {name: given[name] for name in ("python", "timeout", "fresh", "memory_gb", "untrusted")}
    options = capture_choices((), shapes=None, dtype=None, **capture)
    return accuracy(tables, listed("--hardware", given["hardware"]), options, sample, output)


def _family(name: str | None) -> Family | None:
    try:
        return family_named(name) if name is not None else None
    except ValueError as error:
        raise UsageError(f"--family: {error}") from error
