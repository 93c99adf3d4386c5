"""Fits constants and figures to a folder of measurements and prints what it finds: `make calibrate DATA=folder AI=python`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ...capture import AgentPool
from ...cli.common import progress
from ...cli.exits import usage_errors
from ...pipeline import capturer_for
from ...report.calibration import render
from ...settings import Options
from ..measured.harness import without_floor
from ..measured.predict import NotPredicted, ready
from ..measured.tables import read_cases
from .fits import fits
from .solve import Found, solve


@click.command()
@click.argument("data", type=click.Path(exists=True, path_type=Path))
@click.option("--python", "interpreter", default=sys.executable, help="A Python with timm and transformers.")
@click.option("--only", default="", help="Fits whose title holds this text.")
def main(data: Path, interpreter: str, only: str) -> None:
    """Fit to the tables of a folder, and print values and errors as Markdown."""
    found: list[Found] = []
    with usage_errors(), progress() as note, AgentPool() as pool:
        capturer = capturer_for(pool, Options(python=interpreter))
        cases, _ = without_floor(read_cases([data])[0])
        for fit in fits():
            if only.lower() in fit.title.lower() and (wanted := fit.cases(cases)):
                prepared = [each for each in ready(wanted, capturer, note) if not isinstance(each, NotPredicted)]
                note(fit.title)
                found.append(solve(fit, prepared))
    click.echo(render(found))


if __name__ == "__main__":
    main()
