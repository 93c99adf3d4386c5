"""Pools under compilers that generate them: what shares their kernel follows from the window."""

import pytest

from graphperf.analysis.costs import Sizes, costs_of
from graphperf.analysis.fusion import Mode, partition, policy_for
from graphperf.hardware_profiles import Kind

SHAPE, HALF = (1, 8, 16, 16), (1, 8, 8, 8)


def patterns(sketch, *outputs: int, kind: Kind = "cpu", mode: Mode = "compiled") -> list[str]:
    graph = sketch.graph(*outputs)
    found = partition(graph, costs_of(graph), policy_for(mode, kind)).subgraphs(Sizes(graph, 4.0))
    return [kernel.pattern for kernel in found]


def conv(sketch, *, bias: bool = False) -> int:
    given = {"input": sketch.tensor(*SHAPE), "weight": sketch.weight(8, 8, 3, 3)}
    return sketch.add("conv2d", {**given, **({"bias": sketch.weight(8)} if bias else {})}, SHAPE, groups=1)


def pool(sketch, x: int, shape: tuple[int, ...] = HALF, kind: str = "max_pool2d", **attributes) -> int:
    return sketch.add(kind, [x], shape, **(attributes or {"kernel_size": (2, 2)}))


@pytest.mark.parametrize(("mode", "found"), [("eager", 3), ("compiled", 2), ("ideal", 2)])
def test_a_pool_computes_again_what_reads_one_tensor(sketch, mode, found: int) -> None:
    x = sketch.add("relu", [conv(sketch)], SHAPE)
    assert len(patterns(sketch, pool(sketch, x), mode=mode)) == found


@pytest.mark.parametrize(
    ("kind", "found"), [("cpu", ["conv2d", "relu+max_pool2d"]), ("gpu", ["conv2d", "relu", "max_pool2d"])]
)
def test_on_a_gpu_the_bias_is_a_second_tensor(sketch, kind: Kind, found: list[str]) -> None:
    x = sketch.add("relu", [conv(sketch, bias=True)], SHAPE)
    assert patterns(sketch, pool(sketch, x), kind=kind) == found


@pytest.mark.parametrize("kind", ["batch_norm", "add"])
def test_what_reads_two_tensors_is_a_kernel_before_the_pool(sketch, kind: str) -> None:
    x = sketch.add(kind, [conv(sketch), sketch.weight(*((8,) if kind == "batch_norm" else SHAPE))], SHAPE)
    x = sketch.add("relu", [x], SHAPE)
    assert patterns(sketch, pool(sketch, x)) == ["conv2d", f"{kind}+relu", "max_pool2d"]


def test_a_pool_is_not_computed_again_for_the_next(sketch) -> None:
    x = pool(sketch, pool(sketch, sketch.add("relu", [conv(sketch)], SHAPE)), (1, 8, 4, 4))
    assert patterns(sketch, x) == ["conv2d", "relu+max_pool2d", "max_pool2d"]


def test_what_others_read_is_computed_once(sketch) -> None:
    x = sketch.add("relu", [conv(sketch)], SHAPE)
    assert patterns(sketch, pool(sketch, x), x) == ["conv2d", "relu", "max_pool2d"]


def test_a_pool_does_not_share_the_loop_that_makes_its_neighbours(sketch) -> None:
    """A pool that keeps the size, added to what it reads: it starts a kernel, and the addition goes there."""
    x = sketch.add("batch_norm", [conv(sketch), sketch.weight(8)], SHAPE)
    y = pool(sketch, x, SHAPE, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    y = sketch.add("add", [y, x], SHAPE)
    assert patterns(sketch, y) == ["conv2d", "batch_norm", "max_pool2d+add"]


def test_what_follows_goes_over_the_results(sketch) -> None:
    x = sketch.add("sigmoid", [pool(sketch, conv(sketch))], HALF)
    assert patterns(sketch, x) == ["conv2d", "max_pool2d+sigmoid"]


@pytest.mark.parametrize(
    ("kind", "shape", "attributes", "found"),
    [
        ("max_pool2d", (1, 8, 4, 4), {"kernel_size": (5, 5), "stride": (3, 3)}, ["relu+max_pool2d"]),
        ("max_pool2d", (1, 8, 2, 2), {"kernel_size": (6, 6)}, ["relu", "max_pool2d"]),
        ("avg_pool2d", HALF, {"kernel_size": (2,)}, ["relu+avg_pool2d"]),
        ("avg_pool2d", (1, 8, 1, 1), {"kernel_size": (16, 16)}, ["relu+avg_pool2d"]),
        ("adaptive_avg_pool2d", (1, 8, 4, 4), {"output_size": (4, 4)}, ["relu+adaptive_avg_pool2d"]),
        ("adaptive_avg_pool2d", (1, 8, 7, 7), {"output_size": (7, 7)}, ["relu+adaptive_avg_pool2d"]),
        ("adaptive_avg_pool2d", (1, 8, 3, 3), {"output_size": (3, 3)}, ["relu", "adaptive_avg_pool2d"]),
        ("adaptive_avg_pool2d", SHAPE, {"output_size": (16, 16)}, ["relu+adaptive_avg_pool2d"]),
        ("adaptive_max_pool2d", (1, 8, 1, 1), {"output_size": (1, 1)}, ["relu+adaptive_max_pool2d"]),
        ("upsample_nearest2d", (1, 8, 32, 32), {}, ["relu+upsample_nearest2d"]),
        ("upsample_bicubic2d", (1, 8, 32, 32), {}, ["relu", "upsample_bicubic2d"]),
    ],
)
def test_windows(sketch, kind: str, shape: tuple[int, ...], attributes, found: list[str]) -> None:
    """Windows of up to 25 elements, and those over the whole map; kernels counted with torch 2.15 on a CPU."""
    x = sketch.add("relu", [conv(sketch)], SHAPE)
    assert patterns(sketch, sketch.add(kind, [x], shape, **attributes)) == ["conv2d", *found]
