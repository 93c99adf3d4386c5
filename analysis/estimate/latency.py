"""Time of each kernel and of the whole: the host issues kernels while the device runs them.

On a GPU the chain of dispatches and the chain of kernels overlap: T = ‖(H, D)‖ₚ of their sums, close to their maximum.
The norm is homogeneous, so (Euler) T = Σᵢ (∂T/∂H·hᵢ + ∂T/∂D·dᵢ): each kernel's part of T is exact and they sum to T.
On a CPU the same core dispatches and computes: T = H + D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...hardware_profiles import HardwareProfile
from ..constants import constant
from ..fusion import Mode
from ..mapping import Allocation

Bottleneck = Literal["compute", "memory", "launch"]


@dataclass(frozen=True, slots=True)
class KernelTime:
    """Seconds of one kernel: its part of the total, and the parts of that on the host and on the device."""

    seconds: float
    host_s: float
    device_s: float
    bottleneck: Bottleneck


def kernel_times(
    allocations: Sequence[Allocation], operators: Sequence[int], device: HardwareProfile, mode: Mode
) -> tuple[KernelTime, ...]:
    """The time of every kernel; `operators[i]` working operators run in kernel i (none: the kernel does not exist)."""
    host = [_dispatch(device, mode) if count else 0.0 for count in operators]
    gap = device.launch.kernel_graph.si if mode == "ideal" else device.launch.kernel_stream.si
    gaps = [gap if count else 0.0 for count in operators]
    busy = [max(a.compute_s, a.memory_s) if count else 0.0 for a, count in zip(allocations, operators, strict=True)]
    device_s = [b + g for b, g in zip(busy, gaps, strict=True)]
    host_rate, device_rate = _rates(sum(host), sum(device_s), device)
    return tuple(
        KernelTime(
            host_rate * h + device_rate * d, host_rate * h, device_rate * d,
            _bottleneck(a, host_rate * h + device_rate * g, device_rate * b),
        )
        for a, h, d, g, b in zip(allocations, host, device_s, gaps, busy, strict=True)
    )  # fmt: skip


def _dispatch(device: HardwareProfile, mode: Mode) -> float:
    """Host seconds a kernel: an eager operator, a call of the compiled wrapper, or nothing in the ideal bound."""
    if mode == "ideal":
        return 0.0
    ratio = constant("gpu", "compiled_dispatch_ratio") if mode == "compiled" else 1.0
    return device.launch.eager_dispatch.si * ratio


def _rates(host: float, device_total: float, device: HardwareProfile) -> tuple[float, float]:
    """(∂T/∂H, ∂T/∂D) of the total."""
    if device.kind == "cpu" or host == 0.0 or device_total == 0.0:
        return 1.0, 1.0
    order = constant("gpu", "overlap_norm")
    largest = max(host, device_total)
    total = largest * ((host / largest) ** order + (device_total / largest) ** order) ** (1 / order)
    return (host / total) ** (order - 1), (device_total / total) ** (order - 1)


def _bottleneck(allocation: Allocation, waiting: float, busy: float) -> Bottleneck:
    if waiting > busy:
        return "launch"
    return "compute" if allocation.compute_s > allocation.memory_s else "memory"
