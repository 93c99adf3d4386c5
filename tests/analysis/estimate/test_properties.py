"""What must hold for any model on any device: properties of the estimate, on models drawn at random."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphperf.analysis.estimate import Question, estimate, evaluate
from graphperf.analysis.estimate.on_device import Estimate
from graphperf.analysis.fusion import MODES, modes_of
from graphperf.analysis.what_if import WhatIf
from graphperf.hardware_profiles import Precision, ids, profile

from ..conftest import Sketch

DEVICES = sorted(ids())
PRECISIONS = (Precision.FP32, Precision.FP16, Precision.INT8)
TIMES = ("kernel_stream", "kernel_graph", "eager_dispatch")
property_of_models = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

LAYERS = st.lists(
    st.one_of(
        st.tuples(st.just("conv2d"), st.integers(1, 96), st.sampled_from([1, 3, 5])),
        st.tuples(st.just("depthwise"), st.just(0), st.sampled_from([3, 5])),
        st.tuples(st.sampled_from(["relu", "sigmoid", "batch_norm", "add"]), st.just(0), st.just(0)),
    ),
    min_size=1,
    max_size=8,
)
MODELS = st.tuples(st.integers(1, 48), st.integers(4, 40), LAYERS)


def build(model, batch: int):
    """A chain of layers with residual adds, at a batch size."""
    channels, side, layers = model
    sketch = Sketch()
    current = before = sketch.tensor(batch, channels, side, side)
    for kind, width, kernel in layers:
        shape = (batch, channels, side, side)
        if kind in ("conv2d", "depthwise"):
            groups = channels if kind == "depthwise" else 1
            out = channels if kind == "depthwise" else width
            weight = sketch.weight(out, channels // groups, kernel, kernel)
            current = sketch.add(
                "conv2d", {"input": current, "weight": weight}, (batch, out, side, side),
                groups=groups, stride=(1, 1), padding=(kernel // 2, kernel // 2), dilation=(1, 1),
            )  # fmt: skip
            channels = out
            before = current
        elif kind == "add":
            current = sketch.add("add", [current, before], shape)
        elif kind == "batch_norm":
            named = {"input": current, "weight": sketch.weight(channels), "bias": sketch.weight(channels)}
            current = sketch.add("batch_norm", named, shape)
        else:
            current = sketch.add(kind, [current], shape)
    return sketch.graph(current)


def asked(device: str, precision: Precision, mode: str) -> Question:
    """A question by names, which make short reports; what the device lacks gives way to what it has."""
    known = profile(device)
    chosen = next(p for p in (precision, *PRECISIONS) if known.supports(p))
    return Question(known, chosen, next(m for m in (mode, *MODES) if m in modes_of(known.kind)))  # pyright: ignore[reportArgumentType]


ASKED = (st.sampled_from(PRECISIONS), st.sampled_from(MODES))


@property_of_models
@given(MODELS, st.integers(1, 64), st.sampled_from(DEVICES), *ASKED)
def test_parts_sum_to_the_whole(model, batch, device, precision, mode) -> None:
    found = evaluate(build(model, batch), asked(device, precision, mode))
    assert sum(found.operator_shares) == pytest.approx(1, abs=1e-9)
    assert sum(kernel.edp_share for kernel in found.subgraphs) == pytest.approx(1, abs=1e-9)
    assert min(found.operator_shares) >= 0
    energies = [kernel.energy for kernel in found.subgraphs]
    for energy in energies:
        assert energy.total == pytest.approx(energy.compute + energy.dram + energy.cache + energy.static)
    assert sum(energy.total for energy in energies) == pytest.approx(found.energy.value)
    assert found.concurrency.critical_path_s <= sum(found.operator_seconds) * (1 + 1e-9)
    for kernel in found.subgraphs:
        assert kernel.subgraph.bytes <= kernel.subgraph.bytes_separate * (1 + 1e-9)
        assert 0 < kernel.utilization <= 1 + 1e-9


def spares_no_less(one: Estimate, other: Estimate) -> bool:
    """Winograd's algorithm is chosen by its time alone, and multiplies less: where it begins to pay, energy falls."""
    return bool((one.allocations.spared >= other.allocations.spared).all())


@property_of_models
@given(MODELS, st.integers(1, 64), st.integers(1, 64), st.sampled_from(DEVICES), *ASKED)
def test_any_larger_batch_takes_no_less(model, batch, more, device, precision, mode) -> None:
    """But for the pages that the system clears on a CPU: larger blocks raise the thresholds of glibc, which then keeps more."""
    question = replace(asked(device, precision, mode), what_if=frozenset({WhatIf.KEPT_PAGES}))
    small, large = (estimate(build(model, size), question) for size in (batch, batch + more))
    assert large.latency.value >= small.latency.value * (1 - 1e-9)
    if spares_no_less(small, large):
        assert large.energy.value >= small.energy.value * (1 - 1e-9)


def better(device, factor: float, units: int):
    """The device with every rate higher, and every time, power and energy lower, by a factor, and `units` times as large."""

    def scaled(table, by: float, names):
        changed = {}
        for name in names:
            value = getattr(table, name)
            if isinstance(value, dict):
                changed[name] = {
                    key: figure.model_copy(update={"value": figure.value * by}) for key, figure in value.items()
                }
            elif value is not None:
                changed[name] = value.model_copy(update={"value": value.value * by})
        return table.model_copy(update=changed)

    changes = {
        "compute": scaled(scaled(device.compute, factor * units, ("vector", "matrix")), units, ("units",)),
        "memory": scaled(
            device.memory, factor * units, ("dram_bandwidth", "llc_bandwidth", "llc_size", "l2_bandwidth")
        ),
        "launch": scaled(device.launch, 1 / factor, TIMES),
        "power": scaled(device.power, 1 / factor, ("static",)),
        "energy": scaled(device.energy, 1 / factor, ("dram_byte", "llc_byte", "l1_byte", "vector", "matrix")),
    }
    if device.cpu is not None:
        rates = scaled(device.cpu, factor * units, ("rates", "bandwidths"))
        changes["cpu"] = scaled(rates, 1 / factor, ("dispatch",))
    return device.model_copy(update=changes)


@property_of_models
@given(MODELS, st.integers(1, 64), st.sampled_from(DEVICES), *ASKED, st.floats(1, 8), st.integers(1, 3))
def test_a_device_better_in_every_figure_is_never_slower(model, batch, device, precision, mode, factor, units) -> None:
    graph, question = build(model, batch), asked(device, precision, mode)
    base = estimate(graph, question)
    improved = estimate(graph, replace(question, device=better(question.device, factor, units)))
    assert improved.latency.value <= base.latency.value * (1 + 1e-9)
    if spares_no_less(improved, base):
        assert improved.energy.value <= base.energy.value * (1 + 1e-9)


@property_of_models
@given(MODELS, st.integers(1, 32), st.sampled_from(DEVICES), st.sampled_from(MODES))
def test_narrower_numbers_move_no_more_bytes(model, batch, device, mode) -> None:
    graph, known = build(model, batch), profile(device)
    found = [evaluate(graph, asked(device, precision, mode)) for precision in PRECISIONS if known.supports(precision)]
    moved = [sum(kernel.subgraph.bytes for kernel in evaluation.subgraphs) for evaluation in found]
    peaks = [evaluation.peak_memory_bytes for evaluation in found]
    assert moved == sorted(moved, reverse=True)
    assert peaks == sorted(peaks, reverse=True)


@property_of_models
@given(MODELS, st.integers(1, 32), st.sampled_from(DEVICES), st.sampled_from(PRECISIONS))
def test_fusion_is_never_slower_and_moves_no_more(model, batch, device, precision) -> None:
    graph = build(model, batch)
    eager, *fused = (evaluate(graph, asked(device, precision, mode)) for mode in ("eager", "compiled", "ideal"))
    for evaluation in fused:
        moved, apart = (sum(kernel.subgraph.bytes for kernel in each.subgraphs) for each in (evaluation, eager))
        assert moved <= apart
        assert evaluation.latency.value <= eager.latency.value * (1 + 1e-9)
