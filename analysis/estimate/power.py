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
    kernels that arithmetic bounds, and from some clock on those that memory bounds at the full one; the memory keeps its own
    clock. Energy an operation is taken as constant: FP32 linear layers of 4 to 1,000 ms on T4, which its limit holds at half of
    the peak, run within 5 % of one rate (NeuSight timings).
    """
    total = float(times.seconds.sum())
    dynamic = float((energies.total - energies.static).sum())
    least = dynamic / (device.power.tdp.si - device.power.static.si)
    if device.kind != "gpu" or least <= total:
        return 1.0
    # A run takes the most, over n, of what it takes if arithmetic bounds just the n kernels with most of it.
    order = np.argsort(-times.arithmetic)
    busy = times.busy_s[order]
    stretched, rest = np.cumsum(busy * times.arithmetic[order]), total - np.cumsum(busy)
    slower = np.divide(least - rest, stretched, out=np.full(len(busy), np.inf), where=stretched > 0)
    longest = float(slower.min(initial=np.inf))
    return 1 / longest if np.isfinite(longest) else 1.0


def at_clock(times: KernelTimes, share: float) -> KernelTimes:
    """The same kernels at a share of the clock: those that arithmetic bounds, at that clock, take longer."""
    longer = times.busy_s * (np.maximum(1.0, times.arithmetic / share) - 1)
    return replace(
        times, seconds=times.seconds + longer, device_s=times.device_s + longer, work_s=times.work_s + longer,
        computing=times.computing | (longer > 0),
    )  # fmt: skip
