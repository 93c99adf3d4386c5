"""What a study asks: devices × precisions × modes × batch sizes, without what a device cannot do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...hardware_profiles import HardwareProfile
from ..estimate import Question
from ..fusion import Mode, modes_on
from ..numerics import ALL_NUMERICS, Numerics, runs_in
from ..what_if import WhatIfs


@dataclass(frozen=True, slots=True)
class Skipped:
    """Part of a grid that is left out: a precision or mode that a device does not run."""

    hardware: str
    choice: str
    reason: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The product of its lists. No `batches`: each model as its inputs are given. `what_if` is compared with the same without."""

    devices: Sequence[HardwareProfile]
    precisions: Sequence[Numerics]
    modes: Sequence[Mode]
    batches: Sequence[int] = ()
    what_if: WhatIfs = frozenset()

    def questions(self) -> list[Question]:
        """What is asked of each graph."""
        return [
            Question(device, precision, mode, self.what_if)
            for device in self.devices
            for precision in self.precisions
            if _obstacle(device, precision) is None
            for mode in self.modes
            if mode in modes_on(device)
        ]

    def skipped(self) -> Iterator[Skipped]:
        """What no question asks."""
        for device in self.devices:
            for precision in self.precisions:
                reason = _obstacle(device, precision)
                if reason is not None:
                    yield Skipped(device.id, precision.value, reason)
            for mode in self.modes:
                if mode not in modes_on(device):
                    known = ", ".join(modes_on(device))
                    yield Skipped(device.id, mode, f"no mode of {device.name}; it has {known}")


def _obstacle(device: HardwareProfile, precision: Numerics) -> str | None:
    if not runs_in(device, precision):
        known = [numerics.value for numerics in ALL_NUMERICS if runs_in(device, numerics)]
        return f"does not compute in {precision.value}; it does in {', '.join(known)}"
    return None
