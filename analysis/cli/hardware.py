"""`graphperf hardware`: the catalogue, and one device with the source of every figure."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
from rich.console import Console
from rich.table import Table

from ...hardware_profiles import HardwareProfile, Precision, UnknownHardware, profile, profiles
from ..discovery import UsageError
from ..report import units


def print_devices(output: str) -> None:
    """One line a device, its power modes below it."""
    if output == "json":
        click.echo(json.dumps([json.loads(p.model_dump_json()) for p in profiles()], indent=2))
        return
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for name in ("id", "device", "kind", "units", "FP32 T/s", "16-bit T/s", "INT8 T/s", "memory", "bandwidth", "power"):
        table.add_column(name, justify="left" if name in ("id", "device", "kind") else "right", no_wrap=True)
    for device in profiles():
        table.add_row(
            device.id, device.name, device.kind, f"{device.compute.units.si:.0f}", _peak(device, Precision.FP32),
            _peak(device, Precision.FP16, Precision.BF16), _peak(device, Precision.INT8),
            units.data(device.memory.dram_size.si), f"{units.data(device.memory.dram_bandwidth.si)}/s",
            f"{device.power.tdp.si:.0f} W",
        )  # fmt: skip
    Console(highlight=False, width=140).print(table)


def _peak(device: HardwareProfile, *precisions: Precision) -> str:
    """The higher dense peak among *precisions*, in 10¹² operations a second."""
    peak = max(device.peak_flops(precision, matrix=True) or 0.0 for precision in precisions)
    if not peak:
        return "–"
    return f"{peak / 1e12:.3g}" if peak < 1e15 else f"{peak / 1e12:.0f}"


def _words(device: HardwareProfile) -> Iterator[str]:
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


def print_device(name: str, output: str) -> None:
    """Every figure with its unit, grade and source. Raises `UsageError` for an unknown device."""
    try:
        device = profile(name)
    except UnknownHardware as error:
        raise UsageError(str(error)) from error
    if output == "json":
        click.echo(device.model_dump_json(indent=2))
        return
    click.echo(f"{device.name} ({device.id}): {device.vendor}, {device.architecture}")
    for line in _words(device):
        click.echo(line)
    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="dim")
    table.add_column("figure", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("grade")
    table.add_column("source", overflow="fold")
    for path, figure in device.figures():
        value = f"{figure.value:g} {figure.unit if figure.unit != '1' else ''}".rstrip()
        table.add_row(path, value, figure.grade, figure.source)
    Console(highlight=False, width=140).print(table)
    click.echo(
        "grades: A vendor text, B compilation of vendor figures, M measured, D derived, C unchecked, X design target"
    )
