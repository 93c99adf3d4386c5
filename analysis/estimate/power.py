"""The power limit: a board that would draw more than its TDP lowers the clock of its cores until it draws just that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...hardware_profiles import HardwareProfile
from .energy import Energies
from .latency import KernelTimes


def clock_share(times: KernelTimes, energies: Energies, device: HardwareProfile) -> float:
    """The part of its clock that a GPU keeps over a run: 1, or less where arithmetic and traffic would pass the TDP.

    The limit holds on average over milliseconds, so over whole runs and not kernel by kernel. A lower clock stretches the
    kernels that arithmetic bounds; the memory keeps its own clock. Energy an operation is taken as constant, which the
    FP32 products of T4, P4 and A100-PCIe bear out (12.3 to 13.4 pJ at 12 and 16 nm whether the limit binds or not).
    """
    total, arithmetic = float(times.seconds.sum()), float(times.busy_s @ times.computing)
    dynamic = float((energies.total - energies.static).sum())
    least = dynamic / (device.power.tdp.si - device.power.static.si)
    if device.kind != "gpu" or least <= total or arithmetic <= 0.0:
        return 1.0
    return arithmetic / (arithmetic + least - total)


def at_clock(times: KernelTimes, share: float) -> KernelTimes:
    """The same kernels where those that arithmetic bounds run at a share of the clock."""
    longer = np.where(times.computing, times.busy_s * (1 / share - 1), 0.0)
    return replace(
        times, seconds=times.seconds + longer, device_s=times.device_s + longer, work_s=times.work_s + longer
    )
