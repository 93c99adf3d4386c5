"""Small graphs by hand: what may share a kernel, and the bytes that are left."""

import pytest

from graphperf.analysis.costs import Sizes, costs_of
from graphperf.analysis.fusion import partition


def kernels(graph, mode: str):
    return partition(graph, costs_of(graph), mode).subgraphs(Sizes(graph, 4.0))  # pyright: ignore[reportArgumentType]


def conv(sketch, source: int, channels: int = 8) -> int:
    n, c, h, w = sketch.tensors[source].shape
    weight = sketch.weight(channels, c, 3, 3)
    return sketch.add("conv2d", {"input": source, "weight": weight}, (n, channels, h, w), groups=1)


SHAPE = (1, 8, 10, 10)
BYTES = 4 * 800


@pytest.mark.parametrize(
    ("mode", "patterns"),
    [
        ("eager", ["conv2d", "batch_norm", "relu"]),
        ("compiled", ["conv2d", "batch_norm+relu"]),
        ("ideal", ["conv2d+batch_norm+relu"]),
    ],
)
def test_a_chain(sketch, mode: str, patterns: list[str]) -> None:
    y = conv(sketch, sketch.tensor(*SHAPE))
    y = sketch.add("batch_norm", {"input": y, "weight": sketch.weight(8)}, SHAPE)
    y = sketch.add("relu", [y], SHAPE)
    found = kernels(sketch.graph(y), mode)
    assert [kernel.pattern for kernel in found] == patterns
    hops = {"eager": 6, "compiled": 4, "ideal": 2}[mode]
    weights = 4 * (8 * 8 * 9 + 8)
    assert sum(kernel.bytes for kernel in found) == hops * BYTES + weights
    assert sum(kernel.bytes_separate for kernel in found) == 6 * BYTES + weights
    assert sum(kernel.bytes_weights for kernel in found) == weights


def test_a_result_read_elsewhere_is_still_written(sketch) -> None:
    x = sketch.tensor(*SHAPE)
    a = sketch.add("relu", [x], SHAPE)
    b = sketch.add("sigmoid", [a], SHAPE)
    both = kernels(sketch.graph(a, b), "ideal")
    assert [kernel.pattern for kernel in both] == ["relu+sigmoid"]
    assert (both[0].bytes_read, both[0].bytes_written) == (BYTES, 2 * BYTES)
    (last,) = kernels(sketch.graph(b), "ideal")
    assert (last.bytes_read, last.bytes_written) == (BYTES, BYTES)


@pytest.mark.parametrize("mode", ["compiled", "ideal"])
def test_a_kernel_never_waits_for_another_in_its_middle(sketch, mode: str) -> None:
    """relu feeds a convolution and an addition; the addition also needs the convolution."""
    a = sketch.add("relu", [sketch.tensor(*SHAPE)], SHAPE)
    b = conv(sketch, a)
    c = sketch.add("add", [a, b], SHAPE)
    assert [kernel.pattern for kernel in kernels(sketch.graph(c), mode)] == ["relu", "conv2d", "add"]


def test_a_residual_addition_does_not_end_a_convolution(sketch) -> None:
    x = sketch.tensor(*SHAPE)
    a, b = conv(sketch, x), conv(sketch, x)
    c = sketch.add("relu", [sketch.add("add", [a, b], SHAPE)], SHAPE)
    assert [kernel.pattern for kernel in kernels(sketch.graph(c), "ideal")] == ["conv2d", "conv2d", "add+relu"]


def test_an_operator_that_walks_over_more_than_the_result_before_it_is_a_kernel_of_its_own(sketch) -> None:
    a = sketch.add("relu", [sketch.tensor(8, 8)], (8, 8))
    b = sketch.add("add", [a, sketch.tensor(4, 8, 8)], (4, 8, 8))
    found = kernels(sketch.graph(b), "ideal")
    assert [kernel.pattern for kernel in found] == ["relu", "add"]
    assert sum(kernel.bytes for kernel in found) == 4 * (64 + 64 + 64 + 256 + 256)


def test_views_go_with_what_they_show_and_hide_nothing(sketch) -> None:
    x = sketch.tensor(1, 8, 10, 10)
    a = sketch.add("relu", [x], (1, 8, 10, 10))
    v = sketch.add("view", [a], (1, 800), view=True)
    b = sketch.add("sigmoid", [v], (1, 800))
    (kernel,) = kernels(sketch.graph(b), "ideal")
    assert (kernel.operators, kernel.pattern) == ((0, 1, 2), "relu+sigmoid")
    assert kernel.bytes == 2 * BYTES
    eager = kernels(sketch.graph(b), "eager")
    assert [kernel.operators for kernel in eager] == [(0, 1), (2,)]


def test_a_view_of_the_input_goes_with_its_reader_and_one_alone_stays_alone(sketch) -> None:
    x = sketch.tensor(4, 8)
    v = sketch.add("view", [x], (32,), view=True)
    a = sketch.add("relu", [v], (32,))
    w = sketch.add("transpose", [x], (8, 4), view=True)
    found = kernels(sketch.graph(a, w), "eager")
    assert [(kernel.operators, kernel.pattern) for kernel in found] == [((0, 1), "relu"), ((2,), "transpose")]
    assert found[1].bytes == 0


def test_results_that_nobody_reads_cost_traffic_in_eager_mode_only(sketch) -> None:
    x = sketch.tensor(1, 8, 10, 10)
    y = sketch.add("max_pool2d", [x], (1, 8, 5, 5), (1, 8, 5, 5), kernel_size=(2, 2))
    (eager,) = kernels(sketch.graph(y), "eager")
    (ideal,) = kernels(sketch.graph(y), "ideal")
    assert (eager.bytes_written, eager.bytes_unread) == (800, 800)
    assert (ideal.bytes_written, ideal.bytes_unread) == (800, 0)


def test_a_slice_counts_its_own_elements(sketch) -> None:
    x = sketch.tensor(4, 8)
    part = sketch.add("slice", [x], (1, 8), view=True)
    y = sketch.add("relu", [part], (1, 8))
    (kernel,) = kernels(sketch.graph(y), "eager")
    assert (kernel.bytes_read, kernel.bytes_written) == (32, 32)
