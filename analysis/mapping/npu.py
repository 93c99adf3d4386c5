"""NPU mapper: accelerators that run some operators only. The rest runs on the fallback, across the link.

Little is published of these devices, so the model is coarse: peak times an efficiency, SRAM that keeps the weights where
they fit, and a link that carries the rest. Fusion keeps operators that the device runs apart from the others.
"""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant
from .allocation import Allocations
from .kernels import Column, Kernels, Mask
from .memory import held_share


def map_to_npu(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Allocations:
    """Kernels on the device where it runs all of their operators; the others on its fallback."""
    assert device.npu is not None
    units = int(device.compute.units.si)
    found = Allocations.empty(units, len(kernels))
    runs = device.npu.runs
    here = np.array([all(runs(kind, family) for kind, family in each) for each in kernels.operators], dtype=np.bool_)
    for rows, regime in ((here, _on_device), (~here, _on_fallback)):
        if rows.any():
            regime(found, rows, kernels.where(rows), device, precision)
    _move(found, here, kernels, device)
    return found


def _on_device(found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision) -> None:
    matrix = device.peak_flops(precision, matrix=True)
    vector = device.peak_flops(precision, matrix=False) or matrix
    assert matrix is not None, f"{device.id} does not compute in {precision.value}"
    assert vector is not None
    depthwise = device.efficiency.depthwise
    share = np.where(kernels.macs > 0, device.efficiency.matrix.si, constant("npu", "vector_rate"))
    share[kernels.depthwise] = depthwise.si if depthwise is not None else constant("npu", "depthwise_rate")
    rate = np.where(kernels.macs > 0, matrix, vector) * share
    found.put(rows, units_used=found.units, tiles=found.units, waves=1.0, fill=1.0, compute_s=kernels.flops / rate)


def _on_fallback(
    found: Allocations, rows: Mask, kernels: Kernels, device: HardwareProfile, precision: Precision
) -> None:
    """No unit of the device works; operands cross the link, results come back."""
    assert device.npu is not None
    fallback = device.npu.fallback
    found.put(rows, tiles=1.0, waves=1.0, fill=0.0, compute_s=kernels.flops / fallback.rate.si, fallback=1.0)


def _move(found: Allocations, runs: Mask, kernels: Kernels, device: HardwareProfile) -> None:
    """Weights stay in SRAM as far as they fit, activations while they do; what the fallback works on crosses the link."""
    assert device.npu is not None
    memory, npu = device.memory, device.npu
    dram = memory.dram_bandwidth.si * device.efficiency.dram.si
    sram = npu.sram.si if npu.sram is not None else memory.llc_size.si
    on_chip = memory.llc_bandwidth.si if memory.llc_bandwidth is not None else dram * constant("npu", "cache_ratio")
    weights = kernels.bytes_weights
    kept = runs * held_share(float(weights[runs].sum()), constant("npu", "weight_share") * sram)
    held: Column = kept * weights + np.where(runs & (kernels.bytes_activations <= sram), kernels.bytes_activations, 0.0)
    outside = kernels.bytes - held
    away = ~runs
    found.memory_s[:] = np.where(
        away,
        kernels.bytes / npu.fallback.bandwidth.si + kernels.bytes_activations / npu.host_link.si,
        outside / dram + held / on_chip,
    )
    found.dram_bytes[:], found.cache_bytes[:] = outside, held
