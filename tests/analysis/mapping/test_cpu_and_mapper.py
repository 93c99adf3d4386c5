"""How a kernel fills a CPU, which mapper a device gets, and what a mapper is told of a subgraph."""

import dataclasses

import pytest
from pydantic import ValidationError

from graphperf.analysis.constants import constant_value
from graphperf.analysis.costs import Gemm, costs_of
from graphperf.analysis.estimate.plan import Plan
from graphperf.analysis.fusion import policy_for, policy_on
from graphperf.analysis.mapping import Kernel, Kernels, dispatch_seconds, map_kernel
from graphperf.hardware_profiles import HardwareProfile, Precision, profile


def without_classes(device: HardwareProfile) -> HardwareProfile:
    """A CPU of which nothing is known by class of work."""
    assert device.cpu is not None
    return device.model_copy(
        update={
            "cpu": device.cpu.model_copy(update={"rates": {}, "bandwidths": {}, "dispatch": {}}),
            "memory": device.memory.model_copy(update={"l2_bandwidth": None}),
        }
    )


I7 = without_classes(profile("i7-12700k"))


def kernel(elements: int = 10**6, data: float = 1e6, gemm: Gemm | None = None, family: str = "pointwise") -> Kernel:
    macs = gemm.macs if gemm else 0
    return Kernel(family, "k", 2 * macs + elements, macs, elements, data, data, gemm)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("elements", "tiles", "used", "waves"),
    [(1, 1, 1, 1), (32768, 1, 1, 1), (32769, 2, 2, 1), (32768 * 8, 8, 8, 1), (32768 * 9, 8, 8, 1)],
)
def test_elementwise_work_is_split_evenly_above_the_grain_size(
    elements: int, tiles: int, used: int, waves: int
) -> None:
    found = map_kernel(kernel(elements), I7, Precision.FP32)
    assert (found.units, found.tiles, found.units_used, found.waves) == (8, tiles, used, waves)
    assert found.fill == min(8, max(1, elements / 32768)) / 8


def test_products_are_cut_into_blocks_of_rows() -> None:
    found = map_kernel(kernel(gemm=Gemm(1, 1024, 1000, 512), family="matmul"), I7, Precision.FP32)
    assert found.tiles == 8
    flops = 2 * 1024 * 1000 * 512 + 10**6
    assert found.compute_s == pytest.approx(flops / (1.28e12 * 0.44))
    convolution = map_kernel(kernel(gemm=Gemm(1, 1024, 1000, 512), family="convolution"), I7, Precision.FP32)
    assert convolution.compute_s == pytest.approx(flops / (1.28e12 * 0.42))


def test_depthwise_convolutions_reach_less() -> None:
    gemm = Gemm(1, 10**4, 1, 9, 9, 64)
    found = map_kernel(kernel(64 * 10**4, gemm=gemm, family="convolution"), I7, Precision.FP32)
    flops = 2 * gemm.macs + 64 * 10**4
    assert (found.tiles, found.waves) == (8, 1)
    assert found.compute_s == pytest.approx(flops / (1.28e12 * constant_value("cpu", "rates")["depthwise"]))


def measured(**tables: dict[str, dict[str, object]]) -> HardwareProfile:
    """The i7 with figures that `graphperf calibrate` writes."""
    described = I7.model_dump(mode="json")
    for table, figures in tables.items():
        described["cpu"][table] = {
            work: {**given, "source": "measured", "grade": "M"} for work, given in figures.items()
        }
    return HardwareProfile.model_validate(described)


def test_measured_rates_go_before_fractions_of_the_peak() -> None:
    device = measured(rates={"transcendental": {"value": 5, "unit": "GFLOP/s"}})
    gelu = dataclasses.replace(kernel(), kind="gelu")
    assert map_kernel(gelu, device, Precision.FP32).compute_s == pytest.approx(10**6 / 5e9)
    assert map_kernel(kernel(), device, Precision.FP32) == map_kernel(kernel(), I7, Precision.FP32)


def test_operators_of_a_fused_kernel_keep_their_own_rates() -> None:
    device = measured(
        rates={"max-pool": {"value": 1, "unit": "GFLOP/s"}, "elementwise": {"value": 10, "unit": "GFLOP/s"}}
    )
    pool = dataclasses.replace(kernel(family="pool"), kind="max_pool2d")
    fused = dataclasses.replace(pool, flops_by_work=(("max-pool", 9e5), ("elementwise", 1e5)))
    assert map_kernel(pool, device, Precision.FP32).compute_s == pytest.approx(1e-3)
    assert map_kernel(fused, device, Precision.FP32).compute_s == pytest.approx(0.9e-3 + 1e-5)


@pytest.mark.parametrize("taps", [9, 1])
@pytest.mark.parametrize(
    ("given", "made", "whole", "padded"),
    [(64, 32, 3.024e6, 0), (20, 32, 1.024e6, 2e6), (64, 20, 2e6, 1.024e6), (3, 32, 1.024e6, 0)],
)
def test_contiguous_images_are_brought_into_blocks_of_channels(
    taps: int, given: int, made: int, whole: float, padded: float
) -> None:
    """Of eight channels where a register of i7-12700K holds eight elements; pictures are read as they lie."""
    speeds = {"reorder": 10, "reorder-padded": 2, "reorder-weights": 4}
    device = measured(bandwidths={name: {"value": each, "unit": "GB/s"} for name, each in speeds.items()})
    flat = kernel(data=4.024e6, gemm=Gemm(1, 256_000 // made, made, given * taps, taps), family="convolution")
    flat = dataclasses.replace(flat, bytes_activations=3.024e6)
    lain = dataclasses.replace(flat, tiled=1.0)
    without = map_kernel(lain, measured(bandwidths={}), Precision.FP32).memory_s
    blocked = map_kernel(lain, device, Precision.FP32).memory_s - without
    through = 2 * (whole + padded) / 4.024e6 * without  # where the operator's own data lie
    assert blocked == pytest.approx(through + whole / 10e9 + padded / 2e9 + 1e6 / 4e9)
    assert map_kernel(flat, device, Precision.FP32).memory_s == pytest.approx(without)


def test_weights_of_convolutions_are_brought_into_blocks_where_activations_stay() -> None:
    device = measured(bandwidths={"weights": {"value": 10, "unit": "GB/s"}})
    square = dataclasses.replace(kernel(gemm=Gemm(1, 64, 64, 576, 9), family="convolution"), bytes_activations=6e5)
    contiguous = dataclasses.replace(square, tiled=1.0)
    flat = dataclasses.replace(contiguous, gemm=Gemm(1, 64, 64, 64))
    product = dataclasses.replace(square, family="matmul")
    for each, extra in ((square, 4e5 / 10e9), (contiguous, 0.0), (flat, 0.0), (product, 0.0)):
        plain, blocked = (map_kernel(each, on, Precision.FP32).memory_s for on in (I7, device))
        assert blocked - plain == pytest.approx(extra)


def test_large_weights_of_convolutions_are_brought_into_fresh_pages() -> None:
    slow, fast = (measured(bandwidths={"fresh": {"value": value, "unit": "GB/s"}}) for value in (2, 4))
    for weights, extra in (((32 << 20) - 4, 0.0), (32 << 20, (32 << 20) / 2e9 - (32 << 20) / 4e9)):
        square = kernel(data=1e6 + weights, gemm=Gemm(1, 64, 64, 576, 9), family="convolution")
        square = dataclasses.replace(square, bytes_activations=1e6)
        longer, shorter = (map_kernel(square, on, Precision.FP32).memory_s for on in (slow, fast))
        assert longer - shorter == pytest.approx(extra)


def test_large_results_lie_in_pages_that_the_system_clears() -> None:
    device = measured(bandwidths={"fresh": {"value": 2, "unit": "GB/s"}})
    for elements, extra in (((8 << 20) - 1, 0.0), (8 << 20, (32 << 20) / 2e9)):
        made = dataclasses.replace(kernel(), fresh=elements)
        with_it, without = (map_kernel(each, device, Precision.FP32).memory_s for each in (made, kernel()))
        assert with_it - without == pytest.approx(extra)


def test_dispatch_by_class_of_work() -> None:
    device = measured(dispatch={"matmul": {"value": 20, "unit": "us"}})
    both = Kernels.of([kernel(), kernel(gemm=Gemm(1, 8, 8, 8), family="matmul")])
    assert dispatch_seconds(both, device) == pytest.approx([5e-6, 20e-6])


def test_memory_runs_at_cache_speed_and_then_at_dram_speed() -> None:
    small = map_kernel(kernel(data=1e3), I7, Precision.FP32).memory_s
    large = map_kernel(kernel(data=1e12), I7, Precision.FP32).memory_s
    assert small == pytest.approx(1e3 / 200e9, rel=0.01)
    assert large == pytest.approx(1e12 / 76.8e9, rel=0.01)


def test_memory_over_several_nodes_is_slower_than_their_sum() -> None:
    """Two sockets: DRAM loses the given fraction, the cache nothing."""
    assumed = {"source": "assumption: half of the traffic crosses the link between the sockets", "grade": "C"}
    described = I7.model_dump(mode="json")
    described["cpu"] |= {
        "numa_nodes": {"value": 2, "unit": "node", **assumed}, "numa_bandwidth": {"value": 0.7, "unit": "1", **assumed},
    }  # fmt: skip
    spread = HardwareProfile.model_validate(described)
    one, two = (map_kernel(kernel(data=1e12), device, Precision.FP32) for device in (I7, spread))
    assert two.memory_s == pytest.approx(one.memory_s / 0.7, rel=0.01)
    assert two.dram_bytes == one.dram_bytes
    assert {"cpu.numa_nodes", "cpu.numa_bandwidth"} <= set(spread.assumptions())
    described["cpu"]["numa_nodes"]["value"] = 1
    with pytest.raises(ValidationError, match="at least two numa_nodes"):
        HardwareProfile.model_validate(described)


def test_a_device_gets_the_mapper_of_its_kind() -> None:
    work = kernel()
    assert map_kernel(work, I7, Precision.FP32).units == 8
    assert map_kernel(work, profile("rtx-3090"), Precision.FP32).units == 82


def test_what_a_mapper_is_told(sketch) -> None:
    x, weight = sketch.tensor(1, 8, 10, 10), sketch.weight(16, 8, 3, 3)
    y = sketch.add("conv2d", {"input": x, "weight": weight}, (1, 16, 10, 10), groups=1)
    y = sketch.add("relu", [y], (1, 16, 10, 10))
    v = sketch.add("view", [y], (1600,), view=True)
    graph = sketch.graph(v)
    costs = costs_of(graph)
    (found,) = Plan.of(graph, policy_for("ideal")).kernels(Precision.FP32)
    macs = 1600 * 72
    assert found == Kernel(
        family="convolution", kind="conv2d", flops=2 * macs + 1600, macs=macs, elements=1600,
        bytes=4.0 * (800 + 1600 + 1152), bytes_activations=4.0 * (800 + 1600), gemm=costs[0].gemm,
        operators=(("conv2d", "convolution"), ("relu", "pointwise")), fresh=1600, tiled=-1.0,
        flops_by_work=(("convolution", 2.0 * macs), ("elementwise", 1600.0)),
    )  # fmt: skip
    assert next(iter(Plan.of(graph, policy_for("eager")).kernels(Precision.FP32))).contiguous_convolution
    assert dataclasses.replace(found, gemm=None).depthwise is False


def test_generated_pools_are_loops_over_vectors(sketch) -> None:
    x = sketch.tensor(1, 8, 10, 10)
    y = sketch.add("max_pool2d", {"input": x}, (1, 8, 5, 5), kernel_size=(3, 3))
    graph = sketch.graph(y)
    for policy, work in ((policy_on("eager", I7), "max-pool"), (policy_on("compiled", I7), "elementwise")):
        (found,) = Plan.of(graph, policy).kernels(Precision.FP32)
        assert found.flops_by_work == ((work, 200.0 * 9),)
