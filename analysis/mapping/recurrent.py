"""Recurrent layers: the products of all inputs at once, then steps that wait for one another, each of kernels of its own.

As cuDNN's standard algorithm and oneDNN run them: a product of the state and the elementwise work of the cells a step. Where
the state is small, cuDNN keeps its weights in the registers of an SM, and a layer is one kernel.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant, constant_value
from ..costs import Family, Gemm, Recurrence
from .allocation import Allocations
from .cpu import clearing_rate
from .kernels import Column, Kernel, Kernels
from .peaks import vector_peak

_FLOAT = 4


def put_recurrence(
    found: Allocations, row: int, recurrence: Recurrence, device: HardwareProfile, precision: Precision,
    mapper: Callable[[Kernels, HardwareProfile, Precision], Allocations],
) -> None:  # fmt: skip
    """Fills in the row of a recurrent layer, from what `mapper` says of its parts: the products of the inputs, then, so many
    times, a step's product and its cells."""
    layers, steps = len(recurrence.inputs), recurrence.steps
    parts = mapper(Kernels.of(_parts(recurrence, precision.bytes, device)), device, precision)
    times = np.array([*[1.0] * layers, steps, steps])
    launches = layers + 2.0 * steps
    if device.kind == "gpu":
        unit = "matrix" if precision in device.compute.matrix else "vector"
        for seconds in (parts.compute_s, parts.memory_s):
            seconds[layers] *= constant_value("gpu", "recurrent_product")[unit]
    if device.kind == "cpu":
        operators = constant_value("cpu", "recurrent_operators")[str(recurrence.gates)]
        cleared = found.cleared_bytes[row] / clearing_rate(device)
        parts.conversion_s[-1] += operators * device.launch.eager_dispatch.si + cleared / steps
    held = _held_step(recurrence, device, precision)
    apart = float(_busy(parts, device)[layers:].sum()) + 2 * device.launch.kernel_stream.si
    if held is not None and held < apart:
        launches = max(1.0, 2.0 * layers)
        parts.compute_s[layers:], parts.memory_s[layers:], parts.cache_bytes[layers] = (held, 0.0), 0.0, 0.0
        parts.dram_bytes[layers] = precision.bytes * recurrence.step.n * recurrence.step.k * layers / steps
        parts.fill[layers] = min(1.0, recurrence.step.m / found.units)
    _put(found, row, parts, times, device)
    found.inner_launches[row] = launches - 1


def _busy(parts: Allocations, device: HardwareProfile) -> Column:
    both = np.add if device.kind == "cpu" else np.maximum
    return both(parts.compute_s, parts.memory_s) + parts.conversion_s


def _put(found: Allocations, row: int, parts: Allocations, times: Column, device: HardwareProfile) -> None:
    """Sums of the parts, of which each comes so many `times`; the one that takes longest says how the device is filled. What
    shares the kernel moves no less than before."""
    busy = _busy(parts, device) * times
    found.compute_s[row] = float(parts.compute_s @ times)
    for name in ("memory_s", "dram_bytes", "cache_bytes"):
        column = getattr(found, name)
        column[row] = max(float(column[row]), float(getattr(parts, name) @ times))
    found.conversion_s[row] = 0.0
    found.conversion_s[row] = max(0.0, float(busy.sum() - _busy(found, device)[row]))
    longest = int(np.argmax(busy))
    for name in ("units_used", "tiles", "waves", "tile_rows", "tile_columns", "resident"):
        getattr(found, name)[row] = getattr(parts, name)[longest]
    for name in ("fill", "alignment"):
        getattr(found, name)[row] = float(getattr(parts, name) @ busy) / float(busy.sum())
    found.spared_energy[row] = float(parts.spared_energy @ busy) / float(busy.sum())


def _parts(recurrence: Recurrence, width: float, device: HardwareProfile) -> list[Kernel]:
    """The products of the inputs, and what a step is made of."""
    cells = recurrence.step.m * recurrence.hidden
    inputs = [_product("matmul", gemm, width, gemm.k * gemm.n) for gemm in recurrence.inputs]
    # The step before has read the same weights, and a CPU has packed them.
    step = _product("recurrent" if device.kind == "cpu" else "matmul", recurrence.step, width)
    data = (2 * recurrence.gates + 3) * cells * width
    flops = float(recurrence.operations * cells)
    return [*inputs, step, Kernel("pointwise", "tanh", flops, 0, cells, data, data, None)]


def _product(family: Family, gemm: Gemm, width: float, weights: float = 0) -> Kernel:
    data = width * (gemm.m * gemm.k + gemm.k * gemm.n + gemm.m * gemm.n)
    return Kernel(family, "linear", 2.0 * gemm.macs, gemm.macs, gemm.m * gemm.n, data, data - width * weights, gemm)


def _held_step(recurrence: Recurrence, device: HardwareProfile, precision: Precision) -> float | None:
    """Seconds of a step where an SM keeps the weights of a layer and computes samples of its own; None where cuDNN has no such
    kernel."""
    step, limits = recurrence.step, constant_value("gpu", "recurrent_small")
    if device.gpu is None or device.vendor != "NVIDIA" or precision is Precision.FP64:
        return None
    if recurrence.hidden != step.k or step.k > limits["gated" if recurrence.gates > 1 else "plain"]:
        return None
    weights, units = step.n * step.k, device.compute.units.si
    if weights <= device.gpu.registers_per_sm.si:
        rate = constant("gpu", "recurrent_rate") * vector_peak(device) / 2 / units
        return constant("gpu", "recurrent_step") + float(np.ceil(step.m / units)) * weights / rate
    passes = float(np.ceil(step.m / constant("gpu", "recurrent_samples")))
    return passes * weights * _FLOAT / constant("gpu", "recurrent_stream")
