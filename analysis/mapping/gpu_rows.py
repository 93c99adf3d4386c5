"""Norms and softmax on GPUs: a block of threads works on a row, and as many rows as the SMs hold are on their way at once.

As PyTorch 2.1 runs them in FP32, whose timings they are fitted to: `vectorized_layer_norm_kernel` (layer_norm_kernel.cu),
`softmax_warp_forward` (PersistentSoftmax.cuh) and `cunn_SoftMaxForward` (SoftMax.cu). What a block reads again it finds in the
last-level cache, as far as the rows on their way fit there.
"""

from __future__ import annotations

import numpy as np

from ...hardware_profiles import HardwareProfile
from ..constants import constant, constant_of_family, constant_value
from .access import LOADED_AT_ONCE
from .kernels import Column, Kernels, Mask
from .peaks import vector_peak

_NORM_THREADS = 128
_WARP_ROW = 1024  # softmax of longer rows leaves the registers of a warp
_MOST_THREADS = 1024
_STEEPNESS = 4.0  # of the way from rows that the cache holds to rows that it does not


def resident_norms(device: HardwareProfile) -> int:
    """Rows that the norms of one SM work on at a time."""
    limits = device.gpu
    if limits is None:
        return 1
    by_registers = limits.registers_per_sm.si // (_NORM_THREADS * constant("gpu", "norm_registers"))
    by_threads = limits.max_threads_per_sm.si // _NORM_THREADS
    return max(1, int(min(by_registers, by_threads, limits.max_blocks_per_sm.si)))


def norm_seconds(kernels: Kernels, device: HardwareProfile) -> Column:
    """Seconds that norms take at least, most of which they wait for what they load; 0 for other kernels.

    Rounds of rows each take at least as long as one row from its first load to its last store; where the rows keep the SMs
    busy, their instructions do.
    """
    if not kernels.row.any():
        return np.zeros(len(kernels))
    row = np.maximum(1.0, kernels.row)
    rounds = np.maximum(1.0, kernels.elements / row / (device.compute.units.si * resident_norms(device)))
    steps = np.ceil(row / (_NORM_THREADS * LOADED_AT_ONCE))
    cycles = constant_of_family("gpu", "norm_start", device.family) + steps * constant("gpu", "norm_step")
    instructions = constant("gpu", "norm_operations") * kernels.elements / vector_peak(device)
    return np.where(kernels.row > 0, np.maximum(rounds * cycles / device.compute.clock.si, instructions), 0.0)


def exponential_seconds(kernels: Kernels, device: HardwareProfile) -> Column:
    """Seconds in which softmax of rows in blocks computes, and nothing streams meanwhile; 0 for other kernels.

    A block finds the largest element, then the sum of exponentials, then computes them again, and waits for itself between.
    Threads that load four elements at once may have none in the last step.
    """
    if not _in_blocks(kernels).any():
        return np.zeros(len(kernels))
    operations: dict[str, float] = constant_value("gpu", "softmax_operations")
    row, step = np.maximum(1.0, kernels.softmax_row), LOADED_AT_ONCE * _softmax_threads(kernels)
    idle = np.ceil(row / step) * step / row
    each = np.where(row % LOADED_AT_ONCE == 0, operations["aligned"] * idle, operations["others"])
    return np.where(_in_blocks(kernels), each * kernels.elements / vector_peak(device), 0.0)


def read_again(kernels: Kernels, device: HardwareProfile) -> Column:
    """Bytes of their operand that norms and softmax read from memory once more: all of it where a norm runs in two kernels; of
    rows in blocks what the cache does not hold, which norms read twice and softmax three times.
    """
    if not ((kernels.row > 0) | _in_blocks(kernels)).any():
        return np.zeros(len(kernels))
    operand = kernels.bytes / 2
    effective = (device.memory.llc_effective or device.memory.llc_size).si
    at_once = device.compute.units.si * operand / np.maximum(1.0, kernels.elements)  # bytes of an element on every SM
    norms = at_once * resident_norms(device) * kernels.row / (constant("gpu", "cache_kappa") * effective)
    softmax = at_once * _resident_softmax(kernels, device) * kernels.softmax_row / effective
    missed = [np.ones(len(kernels)), _missed(norms), 2 * _missed(softmax)]
    return operand * np.select([kernels.twice, kernels.row > 0, _in_blocks(kernels)], missed, 0.0)


def row_streams(kernels: Kernels, others: Column) -> Column:
    """The share of `efficiency.dram` that norms and softmax reach, by the pattern of their access, and that of the `others`."""
    rates: dict[str, float] = constant_value("gpu", "softmax_stream")
    norms = kernels.row > 0
    patterns = [norms & (kernels.kind == "group_norm"), norms, _in_blocks(kernels), kernels.softmax_row > 0]
    groups, rows = constant("gpu", "group_norm_stream"), constant("gpu", "normalization_stream")
    return np.select(patterns, [groups, rows, rates["block"], rates["warp"]], others)


def _in_blocks(kernels: Kernels) -> Mask:
    """Softmax of rows that no warp holds in its registers."""
    return kernels.softmax_row > _WARP_ROW


def _softmax_threads(kernels: Kernels) -> Column:
    """Threads of a block: a power of two, at least an eighth of the row's elements (`SoftMax_getBlockSize`)."""
    most = np.minimum(np.maximum(kernels.softmax_row / LOADED_AT_ONCE, 2), _MOST_THREADS)
    return 2 ** np.ceil(np.log2(most / 2))


def _resident_softmax(kernels: Kernels, device: HardwareProfile) -> Column:
    """Rows in blocks that the softmax of one SM works on at a time."""
    threads = device.gpu.max_threads_per_sm.si if device.gpu is not None else 0
    return np.maximum(1.0, threads // _softmax_threads(kernels))


def _missed(ratio: Column) -> Column:
    """The share of rows that the cache does not hold, by their size in units of what it does."""
    return ratio**_STEEPNESS / (1 + ratio**_STEEPNESS)
