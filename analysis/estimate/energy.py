"""Energy of kernels in parts: arithmetic, traffic by level of memory, and the static power drawn while they run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..mapping import Allocations, Kernels, distinct
from ..mapping.kernels import Column
from .latency import KernelTimes


@dataclass(frozen=True, slots=True)
class Energy:
    """Joules by part: arithmetic, bytes that cross the memory interface, bytes found on the chip, static power."""

    compute: float
    dram: float
    cache: float
    static: float

    @property
    def memory(self) -> float:
        """Joules of all traffic."""
        return self.dram + self.cache

    @property
    def total(self) -> float:
        """Joules in all."""
        return self.compute + self.dram + self.cache + self.static


@dataclass(frozen=True)
class Energies:
    """Energies of the kernels of a model, as columns of joules."""

    compute: Column
    dram: Column
    cache: Column
    static: Column

    @property
    def total(self) -> Column:
        """Joules of each kernel."""
        return self.compute + self.dram + self.cache + self.static

    def __len__(self) -> int:
        return len(self.compute)

    def __getitem__(self, row: int) -> Energy:
        return Energy(*(float(part[row]) for part in (self.compute, self.dram, self.cache, self.static)))

    def __iter__(self) -> Iterator[Energy]:
        return (self[row] for row in range(len(self)))


def kernel_energies(
    kernels: Kernels,
    allocations: Allocations,
    times: KernelTimes,
    device: HardwareProfile,
    precisions: Sequence[Precision],
) -> Energies:
    """MACs at the matrix unit's energy where one takes the precision, other arithmetic at the vector unit's.

    A byte from DRAM costs the whole path to the registers. A byte that the last-level cache holds costs what the profile
    gives for that level; where it gives none, as much as from DRAM, as the fits behind `dram_byte` count both alike.
    """
    kinds = distinct(precisions) or [Precision.FP32]
    which = np.array([kinds.index(p) for p in precisions], dtype=np.int64) if len(kinds) > 1 else 0
    matrix, vector = (np.array([device.energy_per_flop(p, matrix=on) for p in kinds])[which] for on in (True, False))
    if device.energy.vector_matmul is not None:
        on_vector = np.array([p not in device.compute.matrix for p in kinds])[which]
        alone = device.energy_per_flop(Precision.FP32, matrix=False)
        matrix = matrix * np.where(on_vector, device.energy.vector_matmul.si / alone, 1.0)
    elementwise = np.maximum(0.0, kernels.flops - 2 * kernels.macs)
    dram_byte = device.energy.dram_byte.si
    cache_byte = device.energy.llc_byte.si if device.energy.llc_byte is not None else dram_byte
    return Energies(
        compute=2 * kernels.macs * (1 - allocations.spared_energy) * matrix + elementwise * vector,
        dram=allocations.dram_bytes * dram_byte,
        cache=allocations.cache_bytes * cache_byte,
        static=static_energy(times, device),
    )


def static_energy(times: KernelTimes, device: HardwareProfile) -> Column:
    """The floor of power over each kernel's part of the run: lower, where the profile says so, while the device waits.

    It works for as long as its kernels take, within the run, and waits for the rest.
    """
    power = device.power
    waiting = (power.waiting or power.static).si
    run, work = float(times.seconds.sum()), float(times.work_s.sum())
    return waiting * times.seconds + (power.static.si - waiting) * times.work_s * min(1.0, run / work if work else 0.0)
