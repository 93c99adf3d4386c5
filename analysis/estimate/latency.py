"""Time of each kernel and of the whole: the host issues kernels while the device runs them.

On a GPU the chain of dispatches and the chain of kernels overlap: T = ‖(H, D)‖ₚ of their sums, close to their maximum.
The norm is homogeneous, so (Euler) T = Σᵢ (∂T/∂H·hᵢ + ∂T/∂D·dᵢ): each kernel's part of T is exact and they sum to T.
On a CPU the same core dispatches and computes: T = H + D.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...hardware_profiles import HardwareProfile
from ..constants import constant
from ..fusion import Dispatch
from ..mapping import Allocations
from ..mapping.kernels import Column, Mask

Bottleneck = Literal["compute", "memory", "launch"]


@dataclass(frozen=True, slots=True)
class KernelTime:
    """Seconds of one kernel: its part of the total, and the parts of that on the host and on the device."""

    seconds: float
    host_s: float
    device_s: float
    bottleneck: Bottleneck


@dataclass(frozen=True)
class KernelTimes:
    """Times of the kernels of a model, as columns of seconds. `launch_s`: the part that no kernel works in, dispatch and gaps;
    `work_s`: how long each kernel works, whether or not the host is waited for meanwhile; `arithmetic`: the part of what
    bounds it that its arithmetic takes, 1 where that is the longer."""

    seconds: Column
    host_s: Column
    device_s: Column
    launch_s: Column
    work_s: Column
    launching: Mask
    computing: Mask
    arithmetic: Column

    @property
    def busy_s(self) -> Column:
        """Seconds in which each kernel works, its part of the total."""
        return self.seconds - self.launch_s

    def __len__(self) -> int:
        return len(self.seconds)

    def __getitem__(self, row: int) -> KernelTime:
        bottleneck: Bottleneck = "launch" if self.launching[row] else "compute" if self.computing[row] else "memory"
        return KernelTime(float(self.seconds[row]), float(self.host_s[row]), float(self.device_s[row]), bottleneck)

    def __iter__(self) -> Iterator[KernelTime]:
        return (self[row] for row in range(len(self)))


def kernel_times(
    allocations: Allocations,
    exists: Mask,
    device: HardwareProfile,
    dispatch: Dispatch,
    streams: NDArray[np.int64] | None = None,
    operator_s: Column | None = None,
) -> KernelTimes:
    """The time of every kernel; where it does not `exist` (a subgraph of views) it takes none.

    `operator_s`: host seconds of each as an eager operator; by default what the device's profile says of any.

    With `streams`, the stage of each kernel, the kernels of one stage run at once (`_at_once`).
    """
    gap = device.launch.kernel_graph.si if dispatch in ("program", "none") else device.launch.kernel_stream.si
    existing = exists.astype(np.float64)
    gaps: Column = existing * gap * (1 + allocations.inner_launches)
    if device.kind == "cpu":  # what takes time there is to wake the other cores
        gaps = np.where(allocations.units_used > 1, gaps, 0.0)
    # A core loads, packs and reorders before it computes; other devices do both at once.
    both = np.add if device.kind == "cpu" else np.maximum
    busy: Column = existing * (both(allocations.compute_s, allocations.memory_s) + allocations.conversion_s)
    if streams is not None:
        busy = busy * _at_once(busy, existing, allocations, streams)
    device_s: Column = busy + gaps
    once = operator_s if operator_s is not None else np.full(len(existing), device.launch.eager_dispatch.si)
    host = _host_seconds(existing, device_s, once, dispatch)
    host_rate, device_rate = _rates(float(host.sum()), float(device_s.sum()), device)
    launch_s: Column = host_rate * host + device_rate * gaps
    longer = np.maximum(allocations.compute_s, allocations.memory_s)
    return KernelTimes(
        seconds=host_rate * host + device_rate * device_s,
        host_s=host_rate * host,
        device_s=device_rate * device_s,
        launch_s=launch_s,
        work_s=busy,
        launching=launch_s > device_rate * busy,
        computing=allocations.compute_s > allocations.memory_s,
        arithmetic=np.divide(allocations.compute_s, longer, out=np.zeros(len(longer)), where=longer > 0),
    )


def _at_once(busy: Column, existing: Column, allocations: Allocations, stages: NDArray[np.int64]) -> Column:
    """By what each kernel's time shrinks when the kernels of its stage share the device, and the next stage waits for all.

    A stage takes as long as its longest kernel, all its traffic, or all its arithmetic on the units that it fills.
    """
    alone = np.bincount(stages, busy)
    longest = np.zeros(len(alone))
    np.maximum.at(longest, stages, busy)
    traffic = np.bincount(stages, existing * allocations.memory_s)
    arithmetic = np.bincount(stages, existing * allocations.compute_s * allocations.fill)
    together = np.minimum(alone, np.maximum(longest, np.maximum(traffic, arithmetic)))
    return np.divide(together, alone, out=np.ones(len(alone)), where=alone > 0)[stages]


def _host_seconds(existing: Column, device_s: Column, once: Column, dispatch: Dispatch) -> Column:
    """Host seconds a kernel: an eager operator, a call of the compiled wrapper, a part of a program's start, or nothing."""
    if dispatch == "operator":
        return existing * once
    if dispatch == "wrapper":
        return existing * once * constant("gpu", "compiled_dispatch_ratio")
    if dispatch == "program":
        return once * device_s / device_s.sum() if device_s.any() else once * existing / max(1.0, existing.sum())
    return np.zeros(len(existing))


def _rates(host: float, device_total: float, device: HardwareProfile) -> tuple[float, float]:
    """(∂T/∂H, ∂T/∂D) of the total."""
    if device.kind == "cpu" or host == 0.0 or device_total == 0.0:
        return 1.0, 1.0
    order = constant("gpu", "overlap_norm")
    largest = max(host, device_total)
    total = largest * ((host / largest) ** order + (device_total / largest) ** order) ** (1 / order)
    return (host / total) ** (order - 1), (device_total / total) ** (order - 1)
