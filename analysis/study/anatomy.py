"""Where the time and the energy of one model on one device go, in figures that can be set against another device's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...hardware_profiles import Precision
from ..estimate import Estimate, Plan, Question
from .points import Times


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Parts of a run on a device.

    `launches` kernels start. `passes`: how often weights and activations cross the memory interface; `dram_rate` is the
    share of its bandwidth while traffic bounds. `peak_share` of `peak` (FLOP/s) is reached while arithmetic bounds;
    `padding` is executed over useful arithmetic. `joules` by what takes them.
    """

    times: Times
    joules: dict[str, float]
    launches: int
    dram_bytes: float
    passes: float
    dram_rate: float
    peak: float
    peak_share: float
    padding: float
    filled: float

    @classmethod
    def of(cls, plan: Plan, estimate: Estimate, question: Question) -> Anatomy:
        """The parts of an estimate."""
        device, found = question.device, estimate.allocations
        kernels, times = plan.kernels(question.storage), Times.of(estimate)
        computing, streaming = estimate.times.computing, ~estimate.times.computing
        footprint = plan.memory.weights.at(question.storage.bytes) + plan.memory.results.at(question.storage.bytes)
        peak = device.peak_flops(_main_precision(plan, estimate, question), matrix=True) or 0.0
        bandwidth = device.memory.dram_bandwidth.si
        products = 2 * kernels.macs
        executed = float((products / np.maximum(found.alignment, 1e-9)).sum())
        energies = estimate.energies
        return cls(
            times=times,
            joules={
                "arithmetic": float(energies.compute.sum()),
                "traffic": float(energies.dram.sum() + energies.cache.sum()),
                "static power": float(energies.static.sum()),
            },
            launches=plan.launches,
            dram_bytes=float(found.dram_bytes.sum()),
            passes=_ratio(float(found.dram_bytes.sum()), footprint),
            dram_rate=_ratio(float(found.dram_bytes @ streaming), float(found.memory_s @ streaming) * bandwidth),
            peak=peak,
            peak_share=_ratio(float(kernels.flops @ computing), float(found.compute_s @ computing) * peak),
            padding=_ratio(executed, float(products.sum())) or 1.0,
            filled=estimate.utilization,
        )

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by what takes them."""
        return {"launches": self.times.launch, "traffic": self.times.memory, "arithmetic": self.times.compute}


def _main_precision(plan: Plan, estimate: Estimate, question: Question) -> Precision:
    """What most of the multiplications are done in."""
    macs: dict[Precision, float] = {}
    for precision, count in zip(estimate.precisions, plan.kernels(question.storage).macs.tolist(), strict=True):
        macs[precision] = macs.get(precision, 0.0) + count
    return max(macs, key=lambda precision: macs[precision], default=question.storage)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
