"""The formulas on kernels and graphs made by hand."""

import dataclasses
import math

import numpy as np
import pytest

from graphperf.analysis.concurrency import concurrency
from graphperf.analysis.constants import constant_value
from graphperf.analysis.costs import Family, Gemm, costs_of
from graphperf.analysis.edp import modifier, share
from graphperf.analysis.estimate import Plan, Question, evaluate
from graphperf.analysis.estimate.energy import kernel_energies
from graphperf.analysis.estimate.interval import Interval, between, errors_of_kernels
from graphperf.analysis.estimate.latency import kernel_times
from graphperf.analysis.estimate.memory import MemorySchedule
from graphperf.analysis.fusion import Mode, policy_for
from graphperf.analysis.graph import Graph
from graphperf.analysis.mapping import Allocation, Allocations, Kernel, Kernels
from graphperf.analysis.mapping.kernels import FAMILIES
from graphperf.hardware_profiles import HardwareProfile, Precision, profile

H100, I7 = profile("h100-sxm5-80gb"), profile("i7-12700k")


def allocation(compute: float, memory: float) -> Allocation:
    return Allocation(132, 132, 132, 1, 1.0, compute, memory)


def times_of(allocations: list[Allocation], device: HardwareProfile, mode: Mode, exists: list[bool] | None = None):
    found = np.array(exists if exists is not None else [True] * len(allocations))
    return kernel_times(Allocations.of(allocations), found, device, policy_for(mode, device.kind).dispatch)


def memory(graph: Graph, mode: Mode = "eager") -> MemorySchedule:
    return Plan.of(graph, policy_for(mode)).memory


def peak_memory(graph: Graph, precision: Precision, mode: Mode = "eager") -> float:
    return memory(graph, mode).peak(precision)


def test_ideal_time_is_the_device_alone() -> None:
    times = times_of([allocation(1e-3, 2e-3), allocation(5e-3, 1e-6)], H100, "ideal")
    assert [time.seconds for time in times] == pytest.approx([2e-3 + 1.27e-6, 5e-3 + 1.27e-6])
    assert [time.bottleneck for time in times] == ["memory", "compute"]
    assert [time.host_s for time in times] == [0, 0]


def test_on_a_gpu_dispatch_and_device_overlap() -> None:
    """Total: the fourth-order norm of 10 x 8 us of dispatch and the device's time; close to the larger."""
    for busy in (1e-7, 8e-6, 1e-3):
        times = times_of([allocation(busy, busy / 2)] * 10, H100, "eager")
        host, device = 10 * 8e-6, 10 * (busy + 2.48e-6)
        total = sum(time.seconds for time in times)
        assert total == pytest.approx((host**4 + device**4) ** 0.25)
        assert max(host, device) <= total < host + device
        assert all(time.seconds == pytest.approx(time.host_s + time.device_s) for time in times)
    assert {time.bottleneck for time in times_of([allocation(1e-7, 1e-8)] * 3, H100, "eager")} == {"launch"}


def test_on_a_cpu_dispatch_and_work_add_up() -> None:
    """And what it takes to wake other cores, where the kernel has any."""
    for cores, waking in ((1, 0.0), (2, 2.1e-6)):
        placed = dataclasses.replace(allocation(1e-3, 2e-3), units_used=cores)
        (time,) = times_of([placed], I7, "eager")
        assert time.seconds == pytest.approx(5e-6 + 1e-3 + 2e-3 + waking)


def test_a_kernel_without_working_operators_takes_no_time() -> None:
    times = times_of([allocation(1e-3, 1e-3), allocation(1e-3, 1e-3)], H100, "eager", [True, False])
    assert times[1].seconds == 0


def test_energy_of_a_kernel() -> None:
    """10^9 MACs on tensor cores, 10^6 other operations on vector units, 10^6 bytes, 1 ms of the floor."""
    kernel = Kernel("matmul", "linear", 2e9 + 1e6, 1e9, 1000, 1e6, 1e6, Gemm(1, 1000, 1000, 1000))
    placed = dataclasses.replace(allocation(1e-3, 1e-3), dram_bytes=7e5, cache_bytes=3e5)
    times = times_of([placed], H100, "ideal")
    (energy,) = kernel_energies(Kernels.of([kernel]), Allocations.of([placed]), times, H100, [Precision.FP16])
    assert energy.compute == pytest.approx(2e9 * 0.749e-12 + 1e6 * 2.9e-12)
    assert energy.memory == pytest.approx(1e6 * 122e-12)
    assert energy.static == pytest.approx(105 * (1e-3 + 1.27e-6))
    assert energy.total == energy.compute + energy.memory + energy.static


def test_a_device_that_waits_for_the_host_draws_less() -> None:
    """Ten kernels of 1 us every 8 us: the A40 works an eighth of the time. Long kernels leave it no time to wait."""
    device = profile("a40-48gb")
    watts: list[float] = []
    for busy in (1e-6, 1e-3):
        placed = [allocation(busy, 0)] * 10
        times = times_of(placed, device, "eager")
        found = kernel_energies(
            Kernels.of([Kernel("pointwise", "relu", 0, 0, 1, 0, 0, None)] * 10), Allocations.of(placed), times, device,
            [Precision.FP16] * 10,
        )  # fmt: skip
        watts.append(found.static.sum() / times.seconds.sum())
    assert watts == pytest.approx([82 + (137 - 82) / 8, 137], rel=0.01)


def test_errors_of_different_sources_add_up_as_squares() -> None:
    found = between(3.0, (("launch", 2.0), ("gpu", 1.0)))
    (low, high), (device_low, device_high) = (constant_value("interval", part) for part in ("launch", "gpu"))
    assert found.value == 3
    assert found.low == pytest.approx(3 - math.hypot(2 * (1 - low), 1 - device_low))
    assert found.high == pytest.approx(3 + math.hypot(2 * (high - 1), device_high - 1))
    assert found.low < 3 < found.high
    assert found.uncertainty == pytest.approx((found.high - found.low) / 6)


def test_an_interval_may_be_widened() -> None:
    found = Interval(10.0, 9.0, 14.0).widened((1.0, 1.3))
    assert (found.value, found.low, found.high) == (10.0, 9.0, pytest.approx(15.0))
    assert Interval(1.0, 0.1, 2.0).widened((0.0, 1.0)).low == 0


def test_many_different_kernels_are_surer_than_one_and_equal_ones_are_not() -> None:
    families = np.full(4, FAMILIES.index("convolution"))
    [(source, different)] = errors_of_kernels(np.array([1.0, 2.0, 3.0, 4.0]), families)
    [(_, equal)] = errors_of_kernels(np.full(4, 2.5), families)
    assert source == "convolution"
    assert (different, equal) == (pytest.approx(math.sqrt(30)), pytest.approx(10))


@pytest.mark.parametrize(
    ("family", "source"),
    [("convolution", "convolution"), ("matmul", "product"), ("attention", "product"), ("normalization", "rows"),
     ("pointwise", "stream"), ("pool", "stream"), ("library", "library")],
)  # fmt: skip
def test_each_class_of_kernels_has_its_own_error(family: Family, source: str) -> None:
    assert [found for found, _ in errors_of_kernels(np.ones(1), np.array([FAMILIES.index(family)]))] == [source]


def test_shares_of_edp_sum_exactly() -> None:
    """Two parts of a product of sums: (e1 + e2)(t1 + t2)."""
    assert share(3, 1, 4, 10) == pytest.approx(0.5 * (3 / 4 + 1 / 10))
    assert share(3, 1, 4, 10) + share(1, 9, 4, 10) == pytest.approx(1)
    assert share(0, 0, 0, 0) == 0


@pytest.mark.parametrize(
    ("kind", "device", "fused", "value"),
    [("relu", "gpu", True, 0.5), ("relu", "gpu", False, 3.0), ("relu", "tpu", True, 0.05), ("add", "kpu", True, 0.2),
     ("gelu", "cpu", True, 0.8), ("batch_norm", "tpu", False, 1.5), ("softmax", "cpu", True, 1.2),
     ("conv2d", "gpu", True, 1.0), ("something", "gpu", True, 1.0), ("relu", "dsp", True, 1.0)],
)  # fmt: skip
def test_architectural_modifiers(kind: str, device: str, fused: bool, value: float) -> None:
    assert modifier(kind, device, fused=fused) == value


def test_modifiers_change_the_split_inside_a_fused_kernel(sketch) -> None:
    x = sketch.tensor(64, 64)
    y = sketch.add("sigmoid", [sketch.add("relu", [x], (64, 64))], (64, 64))
    found = evaluate(sketch.graph(y), Question(H100, Precision.FP32, "ideal"))
    assert len(found.subgraphs) == 1
    assert found.operator_shares == pytest.approx((0.5 / 1.3, 0.8 / 1.3))


def test_peak_memory_of_a_chain(sketch) -> None:
    """x 400 B held by the caller; a 4000 B and b 400 B alive together; weights 4000 B."""
    x = sketch.tensor(100)
    weight = sketch.weight(1000)
    a = sketch.add("mul", [x, weight], (1000,))
    b = sketch.add("sum", [a], (100,))
    c = sketch.add("relu", [b], (100,))
    graph = sketch.graph(c)
    assert peak_memory(graph, Precision.FP32) == 4000 + 400 + 4000 + 400
    assert peak_memory(graph, Precision.FP16) == 4400


def test_what_is_still_needed_stays_alive_and_views_share_it(sketch) -> None:
    x = sketch.tensor(10)
    a = sketch.add("expand", [x], (1000,))
    v = sketch.add("view", [a], (10, 100), view=True)
    b = sketch.add("exp", [x], (500,))
    c = sketch.add("add", [v, b], (1000,))
    d = sketch.add("sum", [c], (10,))
    assert peak_memory(sketch.graph(d), Precision.FP32) == 4 * (10 + 1000 + 500 + 1000)


def test_a_storage_lives_as_long_as_python_holds_it_and_as_it_is_read(sketch) -> None:
    """`b` replaces `a` where nobody holds `a`; with `a` held until the third operator, a, b and c are alive together."""
    x = sketch.tensor(10)
    a = sketch.add("exp", [x], (1000,))
    b = sketch.add("relu", [a], (1000,))
    c = sketch.add("sin", [b], (1000,))
    graph = sketch.graph(c)
    assert peak_memory(graph, Precision.FP32) == 4 * (10 + 2000)
    assert peak_memory(dataclasses.replace(graph, held={a: 2}), Precision.FP32) == 4 * (10 + 2000)
    assert peak_memory(dataclasses.replace(graph, held={a: 3}), Precision.FP32) == 4 * (10 + 3000)
    needed = dataclasses.replace(graph, held={b: 0})
    assert peak_memory(needed, Precision.FP32) == 4 * (10 + 2000)


def test_a_compiled_program_takes_memory_for_what_leaves_its_kernels(sketch) -> None:
    """exp and sin are one kernel, whatever Python holds; matmul is another, and reads what the first wrote."""
    x, w = sketch.tensor(100, 10), sketch.weight(10, 10)
    a = sketch.add("exp", [x], (100, 10))
    b = sketch.add("sin", [a], (100, 10))
    y = sketch.add("matmul", [b, w], (100, 10))
    z = sketch.add("relu", [y], (100, 10))
    graph = dataclasses.replace(sketch.graph(z), held={a: 4, b: 4, y: 4})
    assert peak_memory(graph, Precision.FP32) == 400 + 5 * 4000
    assert peak_memory(graph, Precision.FP32, "compiled") == 400 + 3 * 4000
    assert peak_memory(graph, Precision.FP16, "compiled") == 200 + 3 * 2000


def test_indices_that_nobody_reads_are_written_in_eager_mode_only(sketch) -> None:
    x = sketch.tensor(1, 4, 8, 8)
    y = sketch.add("max_pool2d_with_indices", [x], (1, 4, 4, 4), (1, 4, 4, 4))
    indices = y + 1
    sketch.tensors[indices] = dataclasses.replace(sketch.tensors[indices], dtype="int64")
    graph = sketch.graph(y)
    assert peak_memory(graph, Precision.FP32) == 4 * (256 + 64) + 8 * 64
    assert peak_memory(graph, Precision.FP32, "tensorrt") == 4 * (256 + 64)
    assert memory(graph, "tensorrt").kept == memory(graph).kept  # training keeps what autograd saves, in any mode


def test_weights_that_share_storage_count_once(sketch) -> None:
    x, w = sketch.tensor(10), sketch.weight(1000)
    tied = sketch.tensor(1000, role="parameter", of=w)
    y = sketch.add("mul", [sketch.add("mul", [x, w], (10,)), tied], (10,))
    assert peak_memory(sketch.graph(y), Precision.FP32) == 4 * (1000 + 10 + 10 + 10)


def test_concurrency_of_a_diamond_with_views(sketch) -> None:
    x = sketch.tensor(4, 4)
    a = sketch.add("relu", [x], (4, 4))
    left = sketch.add("exp", [sketch.add("view", [a], (16,), view=True)], (16,))
    right = sketch.add("sin", [sketch.add("cos", [a], (4, 4))], (4, 4))
    y = sketch.add("add", [left, right], (16,))
    graph = sketch.graph(y)
    seconds = [1.0, 0.0, 10.0, 2.0, 3.0, 1.0]
    found = concurrency(graph, costs_of(graph), seconds)
    assert (found.stages, found.max_parallel, found.critical_path_operators) == (4, 2, 4)
    assert found.critical_path_s == 12
    assert (found.critical_path_layers, found.critical_path_flops) == (0, 16 * 4)
    assert (found.bound_operators, found.bound_flops, found.bound_s) == (6 / 4, 5 / 4, 17 / 12)


def test_concurrency_of_nothing(sketch) -> None:
    sketch.tensor(4)
    found = concurrency(sketch.graph(), [], [])
    assert dataclasses.astuple(found) == (0, 0, 0, 0, 0, 0.0, 1.0, 1.0, 1.0)


def test_what_the_cache_holds_costs_its_own_energy_where_the_profile_has_one() -> None:
    kernel = Kernel("pointwise", "relu", 1e6, 0, 1000, 1e6, 1e6, None)
    placed = Allocations.of([dataclasses.replace(allocation(1e-3, 1e-3), dram_bytes=7e5, cache_bytes=3e5)])
    times = times_of(list(placed), H100, "ideal")
    known = H100.energy.model_copy(update={"llc_byte": H100.energy.dram_byte.model_copy(update={"value": 20.0})})
    device = H100.model_copy(update={"energy": known})
    (energy,) = kernel_energies(Kernels.of([kernel]), placed, times, device, [Precision.FP32])
    assert energy.dram == pytest.approx(7e5 * 122e-12)
    assert energy.cache == pytest.approx(3e5 * 20e-12)


def test_training_keeps_what_autograd_saves_and_the_states_of_the_optimiser(sketch) -> None:
    x = sketch.tensor(100)
    weight = sketch.weight(1000)
    y = sketch.add("linear", {"input": x, "weight": weight}, (1000,))
    z = sketch.add("relu", [y], (1000,))
    schedule = memory(dataclasses.replace(sketch.graph(z), parameters=1000))
    found = schedule.training(Precision.FP32)
    assert (found.weights, found.gradients, found.optimizer, found.activations) == (4000, 4000, 8000, 4 * 1100)
    assert schedule.training(Precision.BF16).optimizer == 12000  # two moments and a master copy in FP32
    assert found.total == 4000 + 4000 + 8000 + 4400


def test_the_largest_batch_that_fits(sketch) -> None:
    x = sketch.tensor(2, 500)
    y = sketch.add("relu", [x], (2, 500))
    schedule = memory(sketch.graph(y))
    assert schedule.largest_batch(capacity=40_000, precision=Precision.FP32, batch=2) == 10
    assert schedule.largest_batch(capacity=3_999, precision=Precision.FP32, batch=2) == 0


def test_keys_and_values_of_causal_attention_are_a_cache(sketch) -> None:
    q, k, v = (sketch.tensor(1, 4, 10, 16) for _ in range(3))
    for causal in (True, False):
        sketch.add("scaled_dot_product_attention", {"query": q, "key": k, "value": v}, (1, 4, 10, 16), is_causal=causal)
    assert memory(sketch.graph()).cache.at(2) == 2 * 2 * 640
