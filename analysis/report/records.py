"""Parts of the JSON report, each made from the value it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ..concurrency import Concurrency
from ..costs import Parallelism
from ..estimate import Evaluation
from ..mapping import Allocation
from .schema import (
    AllocationRecord,
    ConcurrencyRecord,
    EnergyRecord,
    FusionRecord,
    IntervalRecord,
    MemoryRecord,
    ParallelismRecord,
    Totals,
    TrainingRecord,
)


def totals_record(evaluation: Evaluation) -> Totals:
    """Sums over the model."""
    subgraphs = [estimate.subgraph for estimate in evaluation.subgraphs]
    flops = sum(cost.flops for cost in evaluation.costs)
    fused = sum(subgraph.bytes for subgraph in subgraphs)
    latency = evaluation.latency
    return Totals(
        operators=len(evaluation.graph.operators),
        subgraphs=len(subgraphs),
        parameters=evaluation.graph.parameters,
        macs=sum(cost.macs for cost in evaluation.costs),
        flops=flops,
        bytes_unfused=sum(subgraph.bytes_separate for subgraph in subgraphs),
        bytes_fused=fused,
        bytes_saved=sum(subgraph.bytes_saved for subgraph in subgraphs),
        arithmetic_intensity=flops / fused if fused else 0.0,
        latency_s=IntervalRecord(value=latency.value, low=latency.low, high=latency.high),
        energy_j=_energy(evaluation),
        edp_js=evaluation.edp,
        peak_memory_bytes=evaluation.peak_memory_bytes,
        memory=_memory(evaluation),
        fusion=fusion_record(evaluation, range(len(subgraphs))),
        utilization=evaluation.utilization,
    )


def concurrency_record(found: Concurrency) -> ConcurrencyRecord:
    """The fields are the same."""
    return ConcurrencyRecord(**asdict(found))


def allocation_record(found: Allocation) -> AllocationRecord:
    """What a mapper decided."""
    return AllocationRecord(
        units=found.units,
        units_used=found.units_used,
        tile=list(found.tile) if found.tile else None,
        tiles=found.tiles,
        waves=found.waves,
        resident=found.resident,
        alignment=found.alignment,
        compute_s=found.compute_s,
        memory_s=found.memory_s,
        dram_bytes=found.dram_bytes,
        cache_bytes=found.cache_bytes,
        fallback=found.fallback,
    )


def parallelism_record(found: Parallelism) -> ParallelismRecord:
    """The fields are the same."""
    return ParallelismRecord(**asdict(found))


def fusion_record(evaluation: Evaluation, kernels: Sequence[int]) -> FusionRecord:
    """What fusion saves in some kernels."""
    saved = evaluation.savings
    rows = list(kernels)
    return FusionRecord(
        bytes=sum(evaluation.subgraphs[row].subgraph.bytes_saved for row in rows),
        latency_s=float(saved.seconds[rows].sum()),
        energy_j=float(saved.joules[rows].sum()),
        edp_js=float(saved.edp[rows].sum()),
    )


def _energy(evaluation: Evaluation) -> EnergyRecord:
    total, parts = evaluation.energy, [estimate.energy for estimate in evaluation.subgraphs]
    return EnergyRecord(
        value=total.value,
        low=total.low,
        high=total.high,
        compute=sum(part.compute for part in parts),
        memory=sum(part.memory for part in parts),
        dram=sum(part.dram for part in parts),
        cache=sum(part.cache for part in parts),
        static=sum(part.static for part in parts),
    )


def _memory(evaluation: Evaluation) -> MemoryRecord:
    schedule, storage = evaluation.memory, evaluation.question.storage
    capacity = evaluation.question.device.memory.dram_size.si
    training = schedule.training(storage)
    return MemoryRecord(
        weights=schedule.weights.at(storage.bytes),
        activations=schedule.peak_activations(storage),
        peak=evaluation.peak_memory_bytes,
        capacity=capacity,
        fits=evaluation.peak_memory_bytes <= capacity,
        largest_batch=schedule.largest_batch(capacity, storage, evaluation.graph.batch),
        cache=schedule.cache.at(storage.bytes),
        training=TrainingRecord(**asdict(training), total=training.total, fits=training.total <= capacity),
    )
