"""What the user can choose, in one shape for the command line, the editor and `pyproject.toml`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..hardware_profiles import HardwareProfile, Precision, ProfileError, UnknownHardware, profile, profiles
from .capture.request import Shapes
from .discovery import UsageError, hardware_paths, project_table
from .fusion import modes_on
from .modes import DEFAULT_HARDWARE, DEFAULT_MODE, DEFAULT_PRECISION, MODES, Mode
from .numerics import ALL_NUMERICS, Numerics, parse_numerics, runs_in
from .what_if import WhatIfs

ALL = "all"
_PRECISION = Precision(DEFAULT_PRECISION)


@dataclass(frozen=True, slots=True)
class Options:
    """The question asked of every model. `batch` None keeps the batch of the inputs; `python` None is this interpreter. `fresh`
    captures again what is remembered from an earlier run.

    The defaults are what a model as written does: FP32, one kernel an operator. `seconds` and `memory_gb` limit one
    capture; without `trusted`, files are read but none of their code runs. `side_by_side`: captures of a file at
    a time, one a core where it is None. `what_if`: changes to how the model is run.
    `hardware_paths`: folders of device files besides the shipped and the user's.
    """

    hardware: tuple[str, ...] = (DEFAULT_HARDWARE,)
    hardware_paths: tuple[Path, ...] = ()
    precision: Numerics = _PRECISION
    batch: int | None = None
    mode: Mode = DEFAULT_MODE
    inputs: Shapes = ()
    python: str | None = None
    seconds: float = 60.0
    fresh: bool = False
    memory_gb: float = 8.0
    what_if: WhatIfs = frozenset()
    trusted: bool = True
    side_by_side: int | None = None

    def devices(self) -> tuple[HardwareProfile, ...]:
        """The chosen profiles. Raises `UsageError` for an unknown device, or a precision or mode that it does not run."""
        devices = tuple(device_named(name, self.hardware_paths) for name in self.hardware)
        for device in devices:
            if self.mode not in modes_on(device):
                known = ", ".join(modes_on(device))
                raise UsageError(f"{self.mode} is no mode of {device.id}, a {device.kind}; choose from {known}")
            if not runs_in(device, self.precision):
                known = [n.value for n in ALL_NUMERICS if runs_in(device, n)]
                raise UsageError(
                    f"{device.id} does not compute in {self.precision.value}; it does in {', '.join(known)}"
                )
        return devices


def with_values(
    options: Options, *, hardware: tuple[str, ...] | None = None, precision: str | None = None,
    mode: str | None = None, batch: int | None = None, seconds: float | None = None, memory_gb: float | None = None,
) -> Options:  # fmt: skip
    """`options` with the given values checked and put in. Raises `UsageError` with what would be right."""
    changed = options
    if hardware:
        changed = replace(changed, hardware=tuple(_known(name, options.hardware_paths) for name in hardware))
    if precision is not None:
        try:
            changed = replace(changed, precision=parse_numerics(precision))
        except ValueError as error:
            raise UsageError(str(error)) from error
    if mode is not None:
        changed = replace(changed, mode=_mode(mode))
    if batch is not None:
        if batch < 1:
            raise UsageError(f"batch must be at least 1, not {batch}")
        changed = replace(changed, batch=batch)
    if seconds is not None:
        changed = replace(changed, seconds=_above_zero("the seconds of a capture", seconds))
    if memory_gb is not None:
        changed = replace(changed, memory_gb=_above_zero("the memory of a capture", memory_gb))
    return changed


def with_project(options: Options, path: Path) -> Options:
    """`options` with what the project of a file says. Raises `UsageError`.

    Its folders of device files are added. Its limits hold where the user left the defaults. A project can ask not to be
    trusted; it cannot ask for trust.
    """
    table, usual = project_table(path), Options()
    seconds = table.get("capture-seconds") if options.seconds == usual.seconds else None
    memory_gb = table.get("capture-memory-gb") if options.memory_gb == usual.memory_gb else None
    trusted = options.trusted and table.get("trusted", True) is True
    folders = tuple(dict.fromkeys((*options.hardware_paths, *hardware_paths(path))))
    try:
        return with_values(
            replace(options, trusted=trusted, hardware_paths=folders), seconds=seconds, memory_gb=memory_gb
        )
    except UsageError as error:
        raise UsageError(f"[tool.graphperf] in pyproject.toml: {error}") from error


def _above_zero(what: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise UsageError(f"{what} must be a number above 0, not {value!r}")
    return float(value)


def device_named(name: str, folders: tuple[Path, ...] = ()) -> HardwareProfile:
    """The profile with this id. Raises `UsageError` for an unknown one, and for a file that cannot be used."""
    try:
        return profile(name, folders)
    except (UnknownHardware, ProfileError) as error:
        raise UsageError(str(error)) from error


def devices_named(names: Sequence[str], folders: tuple[Path, ...] = ()) -> tuple[HardwareProfile, ...]:
    """The profiles with these ids, whatever they compute in; `all` alone is every one. Raises `UsageError`."""
    if tuple(names) == (ALL,):
        return all_devices(folders)
    return tuple(device_named(name, folders) for name in names)


def all_devices(folders: tuple[Path, ...] = ()) -> tuple[HardwareProfile, ...]:
    """Every profile, each followed by its power modes. Raises `UsageError` for a file that cannot be used."""
    try:
        return profiles(folders)
    except ProfileError as error:
        raise UsageError(str(error)) from error


def _known(name: str, folders: tuple[Path, ...]) -> str:
    """The id of a device that is among those that are found by id, else the path of its file."""
    device = device_named(name, folders)
    return name if name.endswith(".toml") else device.id


def _mode(text: str) -> Mode:
    if text in MODES:
        return text
    close = difflib.get_close_matches(text, MODES, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise UsageError(f"unknown mode {text!r}, choose from {', '.join(MODES)}{hint}")
