"""The totals of a model in words: one row a figure."""

from __future__ import annotations

from ..estimate import Estimate, Evaluation, Interval
from ..what_if import names
from . import units
from .hints import main_bottleneck
from .units import changed


def what_if_text(evaluation: Evaluation, unchanged: Estimate) -> str:
    """`with cuda-graphs: latency 1.21 ms → 430 µs, −64 %; energy ...`"""
    return f"with {', '.join(names(evaluation.question.what_if))}: " + "; ".join(
        [
            f"latency {changed(unchanged.latency.value, evaluation.latency.value, 's')}",
            f"energy {changed(unchanged.energy.value, evaluation.energy.value, 'J')}",
            f"EDP {changed(unchanged.edp, evaluation.edp, 'J·s')}",
        ]
    )


def totals_rows(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Name and text of each total."""
    graph, latency, energy = evaluation.graph, evaluation.latency, evaluation.energy
    fused = sum(e.subgraph.bytes for e in evaluation.subgraphs)
    separate = sum(e.subgraph.bytes_separate for e in evaluation.subgraphs)
    flops = sum(cost.flops for cost in evaluation.costs)
    bottleneck, share = main_bottleneck(evaluation)
    intensity = units.three_digits(flops / fused if fused else 0)
    macs = units.large(sum(cost.macs for cost in evaluation.costs), "MAC")
    return [
        ("latency", f"{_interval(latency, 's')}, {bottleneck}-bound {units.percent(share)} of the time"),
        ("energy", f"{_interval(energy, 'J')}: {energy_split(evaluation)}"),
        ("EDP", units.edp(evaluation.edp)),
        ("work", f"{macs}, {units.large(flops, 'FLOP')}, {units.large(graph.parameters, '')} parameters"),
        ("traffic", f"{units.data(fused)} moved, {units.data(separate)} without fusion, {intensity} FLOP/byte"),
        *([("fusion", _fusion_text(evaluation))] if separate > fused else []),
        ("memory", _memory_text(evaluation)),
        ("graph", _graph_text(evaluation)),
        ("critical path", _path_text(evaluation)),
    ]


def energy_split(evaluation: Evaluation) -> str:
    """`9 % compute, 17 % memory, 74 % static`."""
    total = evaluation.energy.value or 1.0
    return ", ".join(
        f"{100 * sum(getattr(e.energy, name) for e in evaluation.subgraphs) / total:.0f} % {name}"
        for name in ("compute", "memory", "static")
    )


def input_texts(evaluation: Evaluation) -> list[str]:
    """`1×3×224×224 fp16 (assumed from conv1)` of each input: floats are stored in the precision asked for."""
    stored = evaluation.question.storage.value
    return [
        f"{units.shape(spec.shape)} {stored if spec.dtype == 'float32' else spec.dtype} ({spec.origin})"
        for spec in evaluation.graph.inputs
    ]


def _fusion_text(evaluation: Evaluation) -> str:
    saved = evaluation.savings
    seconds, joules, edp = (float(column.sum()) for column in (saved.seconds, saved.joules, saved.edp))
    return f"saves {units.seconds(seconds)}, {units.joules(joules)}, EDP {units.edp(edp)} against separate kernels"


def _memory_text(evaluation: Evaluation) -> str:
    schedule, storage = evaluation.memory, evaluation.question.storage
    capacity, peak = evaluation.question.device.memory.dram_size.si, evaluation.peak_memory_bytes
    weights, cache = schedule.weights.at(storage.bytes), schedule.cache.at(storage.bytes)
    largest = schedule.largest_batch(capacity, storage, evaluation.graph.batch)
    fits = "fits in" if peak <= capacity else "does not fit in"
    up_to = f" up to batch {largest:,}" if peak <= capacity else ""
    decoder = f", {units.data(cache)} keys and values for a decoder" if cache else ""
    training = f"; training {units.data(schedule.training(storage).total)}" if storage.is_float else ""
    room = f"{fits} {units.data(capacity)}{up_to}{training}"
    return f"{units.data(peak)} at the peak ({units.data(weights)} weights{decoder}), {room}"


def _graph_text(evaluation: Evaluation) -> str:
    concurrency = evaluation.concurrency
    return (
        f"{units.count(len(evaluation.costs), 'operator')} in {units.count(_working(evaluation), 'kernel')}, "
        f"{units.count(concurrency.stages, 'stage')}, at most {concurrency.max_parallel} in parallel"
    )


def _working(evaluation: Evaluation) -> int:
    """Kernels that do work: views alone are none."""
    return sum(estimate.latency_s > 0 for estimate in evaluation.subgraphs)


def _path_text(evaluation: Evaluation) -> str:
    concurrency = evaluation.concurrency
    return (
        f"{units.count(concurrency.critical_path_operators, 'operator')}, {units.seconds(concurrency.critical_path_s)}: "
        f"at most {concurrency.bound_s:.2f} times as fast if whatever can ran side by side"
    )


def _interval(given: Interval, unit: str) -> str:
    return f"{units.small(given.value, unit)} ({units.small(given.low, unit)} to {units.small(given.high, unit)})"
