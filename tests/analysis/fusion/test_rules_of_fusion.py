"""Small graphs by hand: what may share a kernel, and the bytes that are left."""

import pytest

from graphperf.analysis.costs import Sizes, costs_of
from graphperf.analysis.fusion import partition, policy_for, policy_on
from graphperf.hardware_profiles import profile


def kernels(graph, mode: str):
    return partition(graph, costs_of(graph), policy_for(mode)).subgraphs(Sizes(graph, 4.0))  # pyright: ignore[reportArgumentType]


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
    expected = ["relu", "conv2d", "add"] if mode == "compiled" else ["relu", "conv2d+add"]
    assert [kernel.pattern for kernel in kernels(sketch.graph(c), mode)] == expected


def test_a_small_pointwise_result_is_computed_again_for_every_element_of_a_larger_one(sketch) -> None:
    a = sketch.add("relu", [sketch.tensor(8, 8)], (8, 8))
    b = sketch.add("add", [a, sketch.tensor(4, 8, 8)], (4, 8, 8))
    (kernel,) = kernels(sketch.graph(b), "ideal")
    assert kernel.pattern == "relu+add"
    assert kernel.bytes == 4 * (64 + 256 + 256)


def test_a_reduced_result_is_not(sketch) -> None:
    a = sketch.add("sum", [sketch.tensor(2, 8, 8)], (8, 8), dim=(0,))
    b = sketch.add("add", [a, sketch.tensor(4, 8, 8)], (4, 8, 8))
    found = kernels(sketch.graph(b), "ideal")
    assert [kernel.pattern for kernel in found] == ["sum", "add"]
    assert found[0].boundaries == ("shape",)
    assert sum(kernel.bytes for kernel in found) == 4 * (128 + 64 + 64 + 256 + 256)


@pytest.mark.parametrize("mode", ["compiled", "ideal"])
def test_rows_that_are_reduced_and_read_again_stay_in_one_kernel(sketch, mode: str) -> None:
    """A norm written out: x / sqrt(mean(x²))."""
    x = sketch.tensor(16, 64)
    square = sketch.add("mul", [x, x], (16, 64))
    scale = sketch.add("rsqrt", [sketch.add("mean", [square], (16, 1), dim=(-1,))], (16, 1))
    y = sketch.add("mul", [x, scale], (16, 64))
    (kernel,) = kernels(sketch.graph(y), mode)
    assert kernel.pattern == "mul+mean+rsqrt+mul"
    assert kernel.bytes == 4 * 2 * 16 * 64


def test_xla_ends_a_kernel_with_a_reduction(sketch) -> None:
    x = sketch.tensor(16, 64)
    mean = sketch.add("mean", [sketch.add("relu", [x], (16, 64))], (16,), dim=(-1,))
    y = sketch.add("sigmoid", [mean], (16,))
    found = kernels(sketch.graph(y), "xla")
    assert [kernel.pattern for kernel in found] == ["relu+mean", "sigmoid"]
    assert found[0].boundaries == ("family",)


@pytest.mark.parametrize("mode", ["compiled", "ideal"])
def test_whole_rows_are_not_computed_in_the_order_of_a_copy(sketch, mode: str) -> None:
    y = sketch.add("layer_norm", [sketch.tensor(16, 64)], (16, 64), normalized_shape=(64,))
    y = sketch.add("clone", [sketch.add("transpose", [y], (64, 16), view=True)], (64, 16))
    assert [kernel.pattern for kernel in kernels(sketch.graph(y), mode)] == ["layer_norm", "clone"]


@pytest.mark.parametrize(
    ("mode", "patterns"),
    [
        ("compiled", ["conv2d", "conv2d", "add+relu"]),
        ("ideal", ["conv2d", "conv2d+add+relu"]),
        ("tensorrt", ["conv2d", "conv2d+add+relu"]),
        ("xla", ["conv2d", "conv2d+add+relu"]),
        ("kpu", ["conv2d", "conv2d+add+relu"]),
    ],
)
def test_joins(sketch, mode: str, patterns: list[str]) -> None:
    x = sketch.tensor(*SHAPE)
    y = sketch.add("relu", [sketch.add("add", [conv(sketch, x), conv(sketch, x)], SHAPE)], SHAPE)
    found = kernels(sketch.graph(y), mode)
    assert [kernel.pattern for kernel in found] == patterns
    assert found[0].boundaries == (("extern",) if mode == "compiled" else ("join",))
    assert found[-1].boundaries == ("output",)


@pytest.mark.parametrize(("mode", "patterns"), [("ideal", ["relu+neg+abs"]), ("xla", ["relu", "neg", "abs"])])
def test_forks(sketch, mode: str, patterns: list[str]) -> None:
    a = sketch.add("relu", [sketch.tensor(*SHAPE)], SHAPE)
    found = kernels(sketch.graph(sketch.add("neg", [a], SHAPE), sketch.add("abs", [a], SHAPE)), mode)
    assert [kernel.pattern for kernel in found] == patterns
    assert found[0].boundaries == (("output",) if mode == "ideal" else ("fork",))


@pytest.mark.parametrize(("mode", "patterns"), [("xla", ["relu+conv2d"]), ("ideal", ["relu", "conv2d"])])
def test_prologues(sketch, mode: str, patterns: list[str]) -> None:
    y = conv(sketch, sketch.add("relu", [sketch.tensor(*SHAPE)], SHAPE))
    assert [kernel.pattern for kernel in kernels(sketch.graph(y), mode)] == patterns


@pytest.mark.parametrize(("kind", "inputs", "count"), [("gpu", 8, 1), ("gpu", 9, 2), ("cpu", 2, 2)])
def test_concatenations(sketch, kind: str, inputs: int, count: int) -> None:
    """What is concatenated is written in place; whether the kernel goes on depends on how many tensors that is."""
    parts = [sketch.add("relu", [sketch.tensor(4, 8)], (4, 8)) for _ in range(inputs)]
    joined = sketch.add("cat", {f"tensors{i}": part for i, part in enumerate(parts)}, (4 * inputs, 8), dim=0)
    graph = sketch.graph(sketch.add("sigmoid", [joined], (4 * inputs, 8)))
    found = partition(graph, costs_of(graph), policy_for("compiled", kind)).subgraphs(Sizes(graph, 4.0))  # pyright: ignore[reportArgumentType]
    assert len(found) == count
    assert found[0].bytes == 4 * 2 * 32 * inputs
    assert found[0].boundaries == (("output",) if count == 1 else ("limit",))


@pytest.mark.parametrize(("mode", "length", "count"), [("compiled", 64, 1), ("compiled", 65, 2), ("ideal", 65, 1)])
def test_a_kernel_holds_so_many_operators(sketch, mode: str, length: int, count: int) -> None:
    y = sketch.tensor(*SHAPE)
    for _ in range(length):
        y = sketch.add("relu", [y], SHAPE)
    found = kernels(sketch.graph(y), mode)
    assert len(found) == count
    assert found[0].boundaries == (("output",) if count == 1 else ("limit",))


@pytest.mark.parametrize(("extra", "count"), [(6, 1), (7, 2)])
def test_a_kernel_holds_so_many_operands(sketch, extra: int, count: int) -> None:
    """Eight on a KPU: the first input, those that are added, and the result."""
    y = sketch.tensor(*SHAPE)
    for _ in range(extra):
        y = sketch.add("add", [y, sketch.tensor(*SHAPE)], SHAPE)
    assert len(kernels(sketch.graph(y), "kpu")) == count


@pytest.mark.parametrize(("width", "reads"), [(4096, 1), (4097, 2)])
def test_norms_read_long_rows_twice(sketch, width: int, reads: int) -> None:
    x = sketch.add("relu", [sketch.tensor(4, width)], (4, width))
    graph = sketch.graph(sketch.add("layer_norm", [x], (4, width), normalized_shape=(width,)))
    (kernel,) = kernels(graph, "compiled")
    assert kernel.bytes == 4 * (reads + 1) * 4 * width
    assert kernel.bytes_separate == 4 * (reads + 3) * 4 * width
    (ideal,) = kernels(graph, "ideal")
    assert ideal.bytes == 4 * 2 * 4 * width


def test_why_a_kernel_ends(sketch) -> None:
    """relu feeds a convolution and, over it, an addition: the first kernel ends for both."""
    a = sketch.add("relu", [sketch.tensor(*SHAPE)], SHAPE)
    c = sketch.add("add", [a, conv(sketch, a)], SHAPE)
    relu, product, add = kernels(sketch.graph(c), "compiled")
    assert set(relu.boundaries) == {"extern", "wait"}
    assert (product.boundaries, add.boundaries) == (("extern",), ("output",))
    assert add.ends == ("the model returns its result",)
    assert {b for kernel in kernels(sketch.graph(c), "eager") for b in kernel.boundaries} == {"operator", "output"}


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


def test_what_the_device_does_not_run_is_apart(sketch) -> None:
    """An Edge TPU runs ReLU, not GELU or ELU: those share a kernel on its fallback."""
    y = conv(sketch, sketch.tensor(*SHAPE))
    for kind in ("relu", "gelu", "elu", "relu"):
        y = sketch.add(kind, [y], SHAPE)
    graph = sketch.graph(y)
    policy = policy_on("compiled", profile("coral-edge-tpu"))
    found = partition(graph, costs_of(graph), policy).subgraphs(Sizes(graph, 1.0))
    assert [kernel.pattern for kernel in found] == ["conv2d+relu", "gelu+elu", "relu"]
    assert [kernel.boundaries for kernel in found] == [("fallback",), ("fallback",), ("output",)]
    assert found[1].bytes == 2 * 800
    assert [kernel.pattern for kernel in kernels(graph, "kpu")] == ["conv2d+relu+gelu+elu+relu"]


def test_devices_that_run_everything_share_their_rules() -> None:
    assert policy_on("compiled", profile("kpu-t64")) is policy_on("compiled", profile("kpu-t768"))
    assert policy_on("compiled", profile("hailo-8")) != policy_on("compiled", profile("coral-edge-tpu"))


def test_a_view_of_an_input_is_with_the_kernel_that_runs_first(sketch) -> None:
    """The kernel of the concatenation starts first, but waits for the norm; both read the view."""
    x = sketch.tensor(16, 32)
    first = sketch.add("relu", [x], (16, 32))
    view = sketch.add("view", [x], (16, 32), view=True)
    norm = sketch.add("layer_norm", [view], (16, 32), normalized_shape=(32,))
    joined = sketch.add("cat", [first, view], (16, 64), dim=1)
    found = kernels(sketch.graph(sketch.add("add", [norm, joined], (16, 64))), "kpu")
    assert [(kernel.pattern, kernel.operators) for kernel in found] == [
        ("relu+cat+add", (0, 3, 4)),
        ("layer_norm", (1, 2)),
    ]


@pytest.mark.parametrize("mode", ["eager", "compiled", "ideal", "tensorrt", "xla", "kpu"])
@pytest.mark.parametrize("kind", ["sort", "topk", "fft_c2c", "embedding_bag", "nonzero"])
def test_what_a_library_does_is_a_kernel_of_its_own(sketch, mode: str, kind: str) -> None:
    y = sketch.add("relu", [sketch.tensor(*SHAPE)], SHAPE)
    y = sketch.add(kind, [y], SHAPE, dim=(1,))
    y = sketch.add("mul", [y], SHAPE)
    assert [kernel.pattern for kernel in kernels(sketch.graph(y), mode)] == ["relu", kind, "mul"]


def test_what_is_overwritten_in_part_is_written_as_a_whole(write) -> None:
    """Inside one kernel too: 4·8·16 results of the product, and the 4·16 that replace some of them."""
    found = write(
        """
        # graphperf: input=(4, 8, 16)
        class Net(nn.Module):
            def forward(self, x):
                y = x * 2
                y[:, 0] = x[:, 1]
                return y
        """,
        mode="compiled",
    )
    (kernel,) = (each.subgraph for each in found.evaluation.subgraphs)
    assert (kernel.bytes_read, kernel.bytes_written) == (4 * (512 + 64), 4 * (512 + 64))
