"""`graphperf hardware`: the catalogue, and one device with the source of every figure."""

from __future__ import annotations

import difflib
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

import click

from ...hardware_profiles import Grade, HardwareProfile, Kind, Precision
from ..discovery import UsageError
from ..numerics import runs_in
from ..report import units
from ..settings import Options, all_devices, device_named, with_values
from .common import device_folders
from .exits import CLEAN, FINDINGS, usage_errors
from .grid import quantity

KINDS = get_args(Kind)

_WIDTH = 140
COLUMNS = (
    "id", "kind", "vendor", "family", "FP32 T/s", "16-bit T/s", "INT8 T/s", "memory", "bandwidth", "power", "grade",
)  # fmt: skip
TEXT_COLUMNS = ("id", "kind", "vendor", "family", "grade")
FIGURE_COLUMNS = ("figure", "value", "grade", "source (and what is to be known)")
GRADES = (
    "grades: A vendor text, B compilation of vendor figures, M measured, D derived, C unchecked, X design target; "
    "* assumed"
)


@click.command("hardware")
@click.argument("device", required=False, metavar="[ID]")
@click.option("--kind", type=click.Choice(KINDS), help="Only devices of this kind.")
@click.option("--vendor", metavar="NAME", help="Only of this vendor.")
@click.option("--family", metavar="NAME", help="Only of this family, as ampere.")
@click.option("--precision", metavar="NAME", help="Only those that compute in it.")
@click.option("--min-memory", metavar="SIZE", help="Only with at least this much memory, as 40GB.")
@click.option("--max-power", metavar="POWER", help="Only up to this power limit, as 75W.")
@click.option("--search", metavar="WORDS", help="Only those whose name or note has these words.")
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def hardware_command(device: str | None, output: str, **filters: str | None) -> None:
    """List the device profiles, or every figure of one with its unit, grade and source.

    Peaks are dense; the grade of a device is the lowest among its figures. Exits with 1 when no device is left.
    """
    with usage_errors():
        if device is None:
            raise SystemExit(_print_devices(output, **filters))
        given = [name for name, value in filters.items() if value is not None]
        if given:
            raise UsageError(f"--{given[0].replace('_', '-')} is for the list of devices, not for one")
        _print_device(device_named(device, device_folders()), output)


def _print_devices(output: str, **filters: str | None) -> int:
    """One line a device, its power modes below it; the exit code. Raises `UsageError`."""
    devices = _kept(all_devices(device_folders()), **filters)
    if output == "json":
        click.echo(json.dumps([json.loads(device.model_dump_json()) for device in devices], indent=2))
    elif devices:
        _print_table(devices)
    else:
        click.echo("no device has all of that", err=True)
    return CLEAN if devices else FINDINGS


def _kept(
    devices: Sequence[HardwareProfile], kind: str | None, vendor: str | None, family: str | None, precision: str | None,
    min_memory: str | None, max_power: str | None, search: str | None,
) -> list[HardwareProfile]:  # fmt: skip
    """The devices that have all that is asked for. Raises `UsageError`."""
    vendor = _known("vendor", vendor, [device.vendor for device in devices])
    family = _known("family", family, [device.family for device in devices])
    computes = with_values(Options(), precision=precision).precision if precision is not None else None
    memory = quantity("--min-memory", min_memory, "B") or 0.0
    power = quantity("--max-power", max_power, "W") or math.inf
    words = (search or "").lower().split()
    return [
        device
        for device in devices
        if kind in (None, device.kind)
        and vendor in (None, device.vendor)
        and family in (None, device.family)
        and (computes is None or runs_in(device, computes))
        and device.memory.dram_size.si >= memory
        and device.power.tdp.si <= power
        and all(word in f"{device.id} {device.name} {device.architecture} {device.note}".lower() for word in words)
    ]


def _known(what: str, given: str | None, values: Sequence[str]) -> str | None:
    """What is given, as the devices spell it. Raises `UsageError`."""
    names = {value.lower(): value for value in values}
    if given is None or given.lower() in names:
        return given and names[given.lower()]
    close = difflib.get_close_matches(given.lower(), names, 1)
    hint = f"; did you mean {names[close[0]]}?" if close else f", choose from {', '.join(sorted(names.values()))}"
    raise UsageError(f"--{what}: no device is of {given!r}{hint}")


def _print_table(devices: Sequence[HardwareProfile]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in TEXT_COLUMNS else "right", no_wrap=True)
    for device in devices:
        table.add_row(*cells(device))
    Console(highlight=False, width=_WIDTH).print(table)


def cells(device: HardwareProfile) -> tuple[str, ...]:
    """The cells of a device, in the order of the columns; peaks are dense, in 10¹² operations a second."""
    memory = device.memory
    return (
        device.id, device.kind, device.vendor, device.family,
        _peak(device, Precision.FP32), _peak(device, Precision.FP16, Precision.BF16), _peak(device, Precision.INT8),
        units.data(memory.dram_size.si), f"{units.data(memory.dram_bandwidth.si)}/s", f"{device.power.tdp.si:.0f} W",
        device.weakest_grade(),
    )  # fmt: skip


def _peak(device: HardwareProfile, *precisions: Precision) -> str:
    peak = max(device.peak_flops(precision, matrix=True) or 0.0 for precision in precisions)
    if not peak:
        return "–"
    return f"{peak / 1e12:.3g}" if peak < 1e15 else f"{peak / 1e12:.0f}"


def words(device: HardwareProfile) -> Iterator[str]:
    """What the profile says of the device besides figures."""
    if device.note:
        yield device.note
    if device.variants:
        yield f"power modes: {', '.join(f'{device.id}@{name}' for name in device.variants)}"
    if device.cpu is not None and device.cpu.matrix_unit is not None:
        yield f"matrix unit: {device.cpu.matrix_unit}"
    if device.npu is not None:
        yield f"runs: {', '.join(device.npu.operators)}"
        yield f"source: {device.npu.operators_source}"
        yield f"the rest: {device.npu.fallback.device}"


def trust(device: HardwareProfile) -> str:
    """How many figures have which grade, and how many are assumptions."""
    grades = Counter(figure.grade for _, figure in device.figures())
    counts = ", ".join(f"{grades[grade]} {grade}" for grade in get_args(Grade) if grades[grade])
    return f"{sum(grades.values())} figures: {counts}; {len(device.assumptions())} of them assumed"


def figure_rows(device: HardwareProfile) -> Iterator[tuple[str, str, str, str]]:
    """Every figure with its value and unit, grade and source; assumptions have a star."""
    for path, figure in device.figures():
        value = f"{figure.value:g} {figure.unit if figure.unit != '1' else ''}".rstrip()
        source = f"{figure.source} ({figure.note})" if figure.note else figure.source
        yield path, value, f"{figure.grade}{' *' if figure.assumed else ''}", source


def _print_device(device: HardwareProfile, output: str) -> None:
    """Every figure with its unit, grade and source; assumptions have a star."""
    if output == "json":
        click.echo(device.model_dump_json(indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    click.echo(f"{device.name} ({device.id}): {device.vendor}, {device.architecture}")
    for line in words(device):
        click.echo(line)
    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="dim")
    figure, value, grade, source = FIGURE_COLUMNS
    table.add_column(figure, no_wrap=True)
    table.add_column(value, justify="right", no_wrap=True)
    table.add_column(grade, no_wrap=True)
    table.add_column(source, overflow="fold")
    for row in figure_rows(device):
        table.add_row(*row)
    Console(highlight=False, width=_WIDTH).print(table)
    click.echo(trust(device))
    click.echo(GRADES)
