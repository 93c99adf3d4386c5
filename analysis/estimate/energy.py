"""Energy of a kernel in three parts: arithmetic, data movement, and the static power drawn while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from ...hardware_profiles import HardwareProfile, Precision
from ..mapping import Kernel


@dataclass(frozen=True, slots=True)
class Energy:
    """Joules by part."""

    compute: float
    memory: float
    static: float

    @property
    def total(self) -> float:
        """Joules in all."""
        return self.compute + self.memory + self.static


def kernel_energy(kernel: Kernel, seconds: float, device: HardwareProfile, precision: Precision) -> Energy:
    """MACs at the matrix unit's energy where one takes the precision, other arithmetic at the vector unit's; every byte at
    the energy of the whole path from DRAM; static power over the kernel's part of the latency."""
    elementwise = max(0.0, kernel.flops - 2 * kernel.macs)
    matrix = 2 * kernel.macs * device.energy_per_flop(precision, matrix=True)
    vector = elementwise * device.energy_per_flop(precision, matrix=False)
    return Energy(matrix + vector, kernel.bytes * device.energy.dram_byte.si, device.power.static.si * seconds)
