"""`graphperf calibrate`: describe a device by measuring it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from ...hardware_profiles import HardwareProfile, ProfileError, load_file, user_directory
from ..discovery import UsageError
from ..measurement.calibrate import Results, measure_points, measurements_path
from ..measurement.figures import cpu_figures, gpu_figures
from ..measurement.process import Probe, ProbeFailed
from ..measurement.profile_file import Table, as_toml, cpu_tables, merged, without_empty
from ..measurement.suite import BenchPoint, suite
from ..settings import device_named
from .common import bar, device_folders
from .exits import CLEAN, FINDINGS, fail, usage_errors
from .measure import KINDS, check_clock, device_options


@click.command("calibrate")
@device_options
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="NAME.toml",
              help="The profile to write; its name becomes the device's id.")  # fmt: skip
@click.option("--hardware", "-H", metavar="BASE_ID", help="Profile that gives what is not measured; a GPU needs one.")
@click.option("--python", metavar="PATH", help="Interpreter that has torch; default: this one.")
@click.option("--quick", is_flag=True, help="Every second size only.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.05),
    default=0.3,
    show_default=True,
    help="Time to measure a point in a round.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Times to measure all points; the middle one of each counts.",
)
def calibrate_command(
    device: str, threads: int | None, clock: str, out: Path, hardware: str | None, python: str | None, quick: bool,
    seconds: float, rounds: int,
) -> None:  # fmt: skip
    """Measure this device with single operators, a few minutes, and write its profile.

    No model is run. The raw measurements are kept in NAME.measurements.csv; what is there is not measured again.
    """
    with usage_errors():
        check_clock(device, clock, threads)
        base = _base(hardware, device)
        if out.suffix != ".toml":
            raise UsageError("--out must end in .toml")
        if not out.absolute().parent.is_dir():
            raise UsageError(f"--out: {out.parent} is no folder")
    with Probe(device, python, threads or 0) as probe:
        try:
            machine = probe.machine()
        except ProbeFailed as error:
            fail(f"{error}; choose an interpreter that has torch with --python")
        setting = f"torch {machine['torch']} threads={machine['threads']} clock={clock}"
        points = suite(device, _precisions(device, base), quick=quick)
        try:
            with bar(rounds * len(points), "measuring") as advance:
                path = measurements_path(out)
                results, failures = measure_points(
                    points, setting, probe, path, seconds, clock, rounds, lambda name: advance(1, name)
                )
            source = f"measured by graphperf calibrate, {date.today()}, {setting}"
            out.write_text(as_toml(_tables(out, points, results, machine, base, source)), encoding="utf-8")
        except (OSError, ValueError) as error:
            fail(str(error))
    try:
        profile = load_file(out)
    except ProfileError as error:
        fail(f"the profile that was written is not whole: {error}")
    click.echo(_words(profile, out, results))
    for failure in failures:
        click.echo(f"not measured: {failure}", err=True)
    raise SystemExit(FINDINGS if failures else CLEAN)


def _base(hardware: str | None, device: str) -> HardwareProfile | None:
    if hardware is None:
        if device == "cuda":
            raise UsageError("a GPU's limits cannot be measured: give the profile most like it with --hardware BASE_ID")
        return None
    base = device_named(hardware, device_folders())
    if base.kind != KINDS[device]:
        raise UsageError(f"{base.id} is a {base.kind}, and --device is {device}")
    return base


def _precisions(device: str, base: HardwareProfile | None) -> Sequence[str]:
    """Those that products are measured in, beside FP32."""
    if device == "cpu" or base is None:
        return ()
    return tuple(p.value for p in base.compute.matrix if p.value in ("tf32", "fp16", "bf16"))


def _tables(
    out: Path, points: Sequence[BenchPoint], results: Results, machine: Mapping[str, Any], base: HardwareProfile | None,
    source: str,
) -> Table:  # fmt: skip
    """The base, or else what the machine says of itself, with the measured figures put in."""
    known = (
        without_empty(base.model_dump(mode="json", exclude={"variants"})) if base is not None else cpu_tables(machine)
    )
    if base is not None and base.kind == "gpu":
        found = gpu_figures(points, results, base, source)
    else:
        found = cpu_figures(points, results, machine, source)
        known["compute"].pop("vector", None)  # of other threads, or of none
    rest = base.id if base is not None else "the system"
    about = {
        "id": out.stem.lower().replace("_", "-"),
        "name": machine["name"],
        "note": f"{source}; the rest from {rest}",
    }
    return {**about, **merged(merged(known, found), about)}


def _words(profile: HardwareProfile, out: Path, results: Results) -> str:
    """What was written, what is still assumed, and how to use it."""
    lines = [f"{out}: {profile.name}, {len(results)} measurements"]
    assumptions = profile.assumptions()
    if assumptions:
        lines.append(f"still assumed: {', '.join(assumptions)}")
    if all(result.watts is None for result in results.values()):
        lines.append("no energy counter (RAPL, NVML) could be read: energy and power are not measured")
    lines.append(f"use it: graphperf analyze TARGET --hardware {out if out.is_absolute() else f'./{out}'}")
    lines.append(f"or put it in {user_directory()} and use --hardware {profile.id}")
    return "\n".join(lines)
