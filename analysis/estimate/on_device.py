"""A plan on one device: latency and energy of every kernel as columns, and their sums. What a sweep repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...hardware_profiles import HardwareProfile, Precision
from ..attention import with_attention
from ..autocast import with_casts
from ..fusion import Dispatch, Mode, Policy, policy_on, with_folded_norms, with_fused_attention
from ..graph import Graph
from ..mapping import Allocations, Kernels, dispatch_seconds, distinct, map_kernels, with_fp32_sums
from ..mapping.kernels import Mask
from ..numerics import Autocast, Numerics, stored_as
from ..what_if import WhatIf, WhatIfs
from .energy import Energies, kernel_energies, static_energy
from .interval import Interval, between, errors_of_kernels
from .latency import KernelTimes, kernel_times
from .plan import Plan
from .power import at_clock, clock_share


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a graph: which device, which precision, which execution mode, and what if."""

    device: HardwareProfile
    precision: Numerics
    mode: Mode
    what_if: WhatIfs = frozenset()

    @property
    def storage(self) -> Precision:
        """What a tensor that is float32 in the evaluated graph is stored as."""
        return stored_as(self.precision)

    @property
    def policy(self) -> Policy:
        """Whose rules cut the graph into kernels."""
        return policy_on(self.mode, self.device)

    @property
    def is_followed(self) -> bool:
        """Whether what the heap gives back counts: in eager mode on a CPU."""
        eager = self.device.kind == "cpu" and self.policy.dispatch == "operator"
        return eager and WhatIf.KEPT_PAGES not in self.what_if

    @property
    def folds_norms(self) -> bool:
        """Whether batch norms disappear into the weights before them."""
        return self.policy.fold_bn or WhatIf.FOLD_BN in self.what_if

    @property
    def fuses_attention(self) -> bool:
        """Whether the compiler looks for written-out attention in these types."""
        return self.precision.value in self.policy.attention_in


@dataclass(frozen=True)
class Estimate:
    """Every kernel of a plan on a device. `families`: the number of each one's family; `clock_share`: the part of its clock
    that the power limit leaves the device; `trust` and `energy_trust`: the entries of `[interval]` for the device's part of the
    latency and for energy, by whether figures were fitted to it."""

    precisions: tuple[Precision, ...]
    allocations: Allocations
    times: KernelTimes
    energies: Energies
    families: NDArray[np.int64]
    clock_share: float = 1.0
    trust: str = "device"
    energy_trust: str = "energy"

    @property
    def calibrated(self) -> bool:
        """Whether rates were fitted to measurements of the device."""
        return self.trust.startswith("calibrated")

    @cached_property
    def latency(self) -> Interval:
        """Seconds of one run."""
        host, device = float(self.times.host_s.sum()), float(self.times.device_s.sum())
        kernels = errors_of_kernels(self.times.device_s, self.families)
        return between(host + device, (("launch", host), (self.trust, device), *kernels))

    @cached_property
    def energy(self) -> Interval:
        """Joules of one run."""
        joules = float(self.energies.total.sum())
        return between(joules, ((self.energy_trust, joules),))

    @property
    def edp(self) -> float:
        """Energy-delay product in J·s."""
        return self.latency.value * self.energy.value

    @property
    def utilization(self) -> float:
        """Share of the device's units that useful work fills, weighted by time: padding is none."""
        total = float(self.times.seconds.sum())
        return min(1.0, float(self.allocations.utilization @ self.times.seconds) / total) if total else 0.0


def _trust(device: HardwareProfile) -> str:
    """The interval of a device's times."""
    if not device.calibrated:
        return "gpu" if device.kind == "gpu" else "device"
    return "calibrated_cpu" if device.kind == "cpu" else "calibrated"


def as_run(graph: Graph, question: Question) -> Graph:
    """The captured graph with what is decided at run time: as it is compiled, with attention's kernel."""
    return with_attention(as_compiled(graph, question), question.device, question.precision)


def as_compiled(graph: Graph, question: Question) -> Graph:
    """The captured graph as it is cut into kernels: with folded norms, fused attention, autocast's casts."""
    if question.folds_norms:
        graph = with_folded_norms(graph)
    if question.fuses_attention:
        graph = with_fused_attention(graph, question.policy.attention)
    return with_casts(graph, question.precision.dtype) if isinstance(question.precision, Autocast) else graph


def estimate(graph: Graph, question: Question) -> Estimate:
    """The estimate of a captured graph, without its details."""
    return on_device(Plan.of(as_run(graph, question), question.policy), question)


def on_device(plan: Plan, question: Question) -> Estimate:
    """Maps, times and charges the kernels of a plan of the graph as it runs (`as_run`)."""
    reordered = WhatIf.CHANNELS_LAST in question.what_if and not plan.graph.channels_last
    followed = question.is_followed and not reordered
    kernels = plan.followed(question.storage) if followed else plan.kernels(question.storage)
    if reordered:
        kernels = _channels_last(kernels)
    if WhatIf.KEPT_PAGES in question.what_if:
        kernels = replace(kernels, cleared=np.zeros(len(kernels)))
    on_gpu = question.device.kind == "gpu"
    dispatch = "none" if on_gpu and WhatIf.CUDA_GRAPHS in question.what_if else question.policy.dispatch
    streams = plan.stages if on_gpu and WhatIf.STREAMS in question.what_if else None
    precisions = _computed(plan.precisions(question.precision), question)
    device = question.device if question.policy.half_sums else with_fp32_sums(question.device)
    return of_kernels(kernels, precisions, plan.exists, device, dispatch, streams)


def _channels_last(kernels: Kernels) -> Kernels:
    """About the kernels of a capture in that order: convolutions convert no images of two dimensions, what takes contiguous ones
    copies them there and back."""
    planes = np.array([kind.endswith("2d") for kind in kernels.kind], dtype=np.bool_)
    tiled = np.where(planes, np.minimum(0.0, kernels.tiled), kernels.tiled)
    return replace(kernels, tiled=tiled, copies=np.maximum(kernels.copies, 2.0 * kernels.image))


def _computed(precisions: Sequence[Precision], question: Question) -> Sequence[Precision]:
    """What the device computes in: a type of the code's own that it lacks is converted to the precision that was asked."""
    lacking = {precision for precision in distinct(precisions) if not question.device.supports(precision)}
    return (
        [question.storage if precision in lacking else precision for precision in precisions] if lacking else precisions
    )


def of_kernels(
    kernels: Kernels, precisions: Sequence[Precision], exists: Mask, device: HardwareProfile, dispatch: Dispatch,
    streams: NDArray[np.int64] | None = None,
) -> Estimate:  # fmt: skip
    """The estimate of kernels, each in its precision, as they are dispatched; `exists` and `streams` as in `kernel_times`."""
    allocations = map_kernels(kernels, device, precisions)
    operator_s = dispatch_seconds(kernels, device) if device.kind == "cpu" else None
    times = kernel_times(allocations, exists, device, dispatch, streams, operator_s)
    energies = kernel_energies(kernels, allocations, times, device, precisions)
    share = clock_share(times, energies, device)
    if share < 1.0:
        times = at_clock(times, share)
        energies = replace(energies, static=static_energy(times, device))
    energy_trust = "calibrated_energy" if device.energy_calibrated else "energy"
    return Estimate(
        tuple(precisions), allocations, times, energies, kernels.family, share, _trust(device), energy_trust
    )
