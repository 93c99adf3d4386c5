"""The figures that measurements give, as tables of a profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...hardware_profiles import HardwareProfile, Precision
from .calibrate import Results
from .fit import Machine, fit_cpu
from .profile_file import Table, figure, vector_bits
from .suite import BenchPoint

_BYTES = {"fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2, "fp64": 8}


def cpu_figures(points: Sequence[BenchPoint], results: Results, machine: Mapping[str, Any], source: str) -> Table:
    """Everything that `fit_cpu` finds; rates and bandwidths are of the threads that were measured."""
    seconds = {key: result.median for key, result in results.items() if result.median is not None}
    threads = int(machine["threads"])
    l2, llc = (float(machine.get(name, usual)) for name, usual in (("l2_bytes", 1 << 20), ("llc_bytes", 16 << 20)))
    found = fit_cpu(points, seconds, Machine(l2 * threads, llc, vector_bits(machine) / 32))

    def measured(value: float, unit: str, note: str = "") -> Table:
        return figure(value, unit, source, "M", note)

    best = _best_products(points, seconds)
    notes = {"dram_bandwidth": "what is reached, not the interface's"}
    tables: Table = {
        "compute": {
            "units": measured(threads, "core", "threads that were measured"),
            "vector": {p: measured(rate / 1e9, "GFLOP/s", "the best product") for p, rate in best.items()},
        },
        "memory": {name: measured(each / 1e9, "GB/s", notes.get(name, "")) for name, each in found.memory.items()},
        "cpu": {
            "rates": {work: measured(rate / 1e9, "GFLOP/s") for work, rate in sorted(found.rates.items())},
            "bandwidths": {work: measured(rate / 1e9, "GB/s") for work, rate in sorted(found.bandwidths.items())},
            "dispatch": {work: measured(each * 1e6, "us") for work, each in sorted(found.dispatch.items())},
        },
        "launch": {
            "eager_dispatch": measured(found.eager_dispatch * 1e6, "us"),
            "kernel_stream": measured(0, "us", "within what operators were measured to take"),
        },
        "efficiency": {
            "matrix": measured(1, "1", "the peaks are what products reach"),
            "dram": measured(1, "1", "the bandwidth is what is reached"),
        },
    }  # fmt: skip
    return {**tables, **_power(points, results, source)}


def gpu_figures(points: Sequence[BenchPoint], results: Results, base: HardwareProfile, source: str) -> Table:
    """Fractions of the base's peaks, launch times and, with a counter, idle power."""
    seconds = {key: result.median for key, result in results.items() if result.median is not None}
    efficiency: Table = {}
    reached = [
        rate / peak
        for name, rate in _best_products(points, seconds).items()
        if (peak := base.peak_flops(Precision(name), matrix=name != "fp32"))
    ]
    if reached:
        efficiency["matrix"] = figure(min(1.5, max(reached)), "1", source, "M", "the best of all precisions")
    streams = [p for p in points if p.work == "stream" and p.key in seconds]
    speeds = [4 * p.activations / seconds[p.key] for p in streams if 4 * p.activations > 8 * base.memory.llc_size.si]
    if speeds:
        efficiency["dram"] = figure(min(1.5, max(speeds) / base.memory.dram_bandwidth.si), "1", source, "M")
    launches = {p.operator: seconds[p.key] for p in points if p.op in ("launch", "dispatch") and p.key in seconds}
    names = {"stream": "kernel_stream", "graph": "kernel_graph", "pointwise": "eager_dispatch"}
    launch = {to: figure(launches[name] * 1e6, "us", source, "M") for name, to in names.items() if name in launches}
    return {"efficiency": efficiency, "launch": launch, **_power(points, results, source)}


def _best_products(points: Sequence[BenchPoint], seconds: Mapping[str, float]) -> dict[str, float]:
    """Operations a second of the best matrix product, by precision."""
    best: dict[str, float] = {}
    for point in points:
        if point.operator in ("matmul", "linear") and point.key in seconds:
            best[point.precision] = max(best.get(point.precision, 0.0), point.operations / seconds[point.key])
    return best


def _power(points: Sequence[BenchPoint], results: Results, source: str) -> Table:
    """Idle power, and energy an operation and a byte above it, where a counter was read."""
    idle = next((results[p.key].watts for p in points if p.op == "idle" and p.key in results), None)
    if idle is None:
        return {}
    floor = figure(idle, "W", source, "M", "idle")
    found: Table = {"power": {"static": floor, "waiting": floor}}
    vector: Table = {}
    for point in points:
        result = results.get(point.key)
        if not point.energy or result is None or result.joules is None or result.median is None:
            continue
        above = max(0.0, result.joules - idle * result.median)
        if point.operations:
            vector[point.precision] = figure(1e12 * above / point.operations, "pJ/FLOP", source, "M")
        else:
            moved = _BYTES[point.precision] * point.activations
            found["energy"] = {"dram_byte": figure(1e12 * above / moved, "pJ/B", source, "M")}
    if vector:
        found["energy"] = {**found.get("energy", {}), "vector": vector}
    return found
