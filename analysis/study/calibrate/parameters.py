"""Parameters of a fit by name: constants of the model, and figures of profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ....hardware_profiles import Figure, HardwareProfile, profile
from ...constants import constant_value

Values = Mapping[str, float]


def in_use(name: str) -> float:
    """The value that predictions use, in the unit of its file."""
    device, is_figure, path = name.rpartition(":")
    if is_figure:
        return _figure(profile(device), path.split(".")).value
    room, constant, *key = path.split(".", 2)
    value = constant_value(room, constant)
    return float(value[key[0]] if key else value)


def constants(values: Values) -> Values:
    """Those that are constants of the model."""
    return {name: value for name, value in values.items() if ":" not in name}


def with_figures(device: HardwareProfile, values: Values) -> HardwareProfile:
    """The profile with those that are its figures; a power mode takes those of its device."""
    owner = f"{device.id.partition('@')[0]}:"
    own = {name.removeprefix(owner): value for name, value in values.items() if name.startswith(owner)}
    if not own:
        return device
    table = device.model_dump()
    for path, value in own.items():
        figure: Any = table
        for key in path.split("."):
            figure = figure[key]
        figure["value"] = value
    return HardwareProfile.model_validate(table)


def _figure(table: Any, path: list[str]) -> Figure:
    for key in path:
        table = cast("Any", table)[key] if isinstance(table, Mapping) else getattr(table, key)
    if not isinstance(table, Figure):
        raise ValueError(f"{'.'.join(path)}: no figure of this profile")
    return table
