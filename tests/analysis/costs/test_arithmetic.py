"""Every cost function against figures worked out by hand."""

import pytest

from graphperf.analysis.costs import Gemm, Recurrence, cost_of, modelled_kinds
from graphperf.analysis.costs.registry import costs


def cost(sketch, kind: str, inputs: dict[str, int], *shapes: tuple[int, ...], **attributes: object):
    output = sketch.add(kind, inputs, *shapes, **attributes)
    return cost_of(sketch.operators[-1], sketch.graph(output))


@pytest.mark.parametrize(
    ("kind", "source", "weight", "result", "groups", "macs", "gemm"),
    [
        # (N, C, H, W), (K, C/g, R, S), (N, K, P, Q): MACs = N·K·P·Q · C/g·R·S
        ("conv2d", (1, 3, 224, 224), (64, 3, 7, 7), (1, 64, 112, 112), 1, 118_013_952, (12544, 64, 147, 49, 1)),
        ("conv2d", (2, 8, 6, 6), (16, 4, 3, 3), (2, 16, 6, 6), 2, 2 * 16 * 36 * 4 * 9, (72, 8, 36, 9, 2)),
        ("conv2d", (1, 8, 6, 6), (8, 1, 3, 3), (1, 8, 6, 6), 8, 8 * 36 * 9, (36, 1, 9, 9, 8)),
        ("conv2d", (1, 8, 6, 6), (16, 1, 3, 3), (1, 16, 6, 6), 8, 16 * 36 * 9, (36, 2, 9, 9, 8)),
        ("conv2d", (1, 4, 9, 9), (8, 4, 3, 3), (1, 8, 5, 5), 1, 8 * 25 * 36, (25, 8, 36, 9, 1)),  # dilation 2
        ("conv1d", (2, 4, 10), (8, 4, 3), (2, 8, 8), 1, 2 * 8 * 8 * 12, (16, 8, 12, 3, 1)),
        ("conv3d", (1, 2, 5, 5, 5), (4, 2, 3, 3, 3), (1, 4, 3, 3, 3), 1, 4 * 27 * 54, (27, 4, 54, 27, 1)),
        # weight (C, K/g, R, S): each of the N·H·W inputs meets the whole kernel
        ("conv_transpose2d", (1, 4, 5, 5), (4, 8, 2, 2), (1, 8, 10, 10), 1, 25 * 4 * 8 * 4, (25, 32, 4, 4, 1)),
        ("conv_transpose2d", (1, 4, 5, 5), (4, 8, 3, 3), (1, 8, 11, 11), 1, 25 * 4 * 8 * 9, (25, 72, 4, 9, 1)),
        ("conv_transpose2d", (1, 4, 5, 5), (4, 4, 2, 2), (1, 8, 10, 10), 2, 25 * 4 * 4 * 4, (25, 16, 2, 4, 2)),
    ],
)  # fmt: skip
def test_convolutions(sketch, kind, source, weight, result, groups, macs, gemm) -> None:
    inputs = {"input": sketch.tensor(*source), "weight": sketch.weight(*weight)}
    found = cost(sketch, kind, inputs, result, groups=groups)
    assert (found.family, found.macs, found.elementwise, found.flops) == ("convolution", macs, 0, 2 * macs)
    assert found.gemm is not None
    assert (found.gemm.m, found.gemm.n, found.gemm.k, found.gemm.taps, found.gemm.groups) == gemm
    assert found.gemm.macs == macs


def test_a_bias_is_one_addition_a_result(sketch) -> None:
    inputs = {"input": sketch.tensor(1, 3, 4, 4), "weight": sketch.weight(8, 3, 3, 3), "bias": sketch.weight(8)}
    assert cost(sketch, "conv2d", inputs, (1, 8, 2, 2), groups=1).elementwise == 32
    inputs = {"bias": sketch.weight(5), "mat1": sketch.tensor(3, 8), "mat2": sketch.weight(8, 5)}
    assert cost(sketch, "linear", inputs, (3, 5)).flops == 2 * 120 + 15


@pytest.mark.parametrize(
    ("left", "right", "result", "gemm"),
    [
        ((3, 8), (8, 5), (3, 5), (1, 3, 5, 8)),
        ((2, 3, 8), (2, 8, 5), (2, 3, 5), (2, 3, 5, 8)),
        ((3, 8), (8,), (3,), (1, 3, 1, 8)),
        ((8,), (8,), (), (1, 1, 1, 8)),
    ],
)
def test_products(sketch, left, right, result, gemm) -> None:
    found = cost(sketch, "matmul", {"self": sketch.tensor(*left), "mat2": sketch.tensor(*right)}, result)
    batch, m, n, k = gemm
    assert found.gemm is not None
    assert (found.gemm.batch, found.gemm.m, found.gemm.n, found.gemm.k) == gemm
    assert (found.macs, found.elementwise) == (batch * m * n * k, 0)


def test_a_product_with_an_addend(sketch) -> None:
    inputs = {"self": sketch.tensor(2, 3, 5), "batch1": sketch.tensor(2, 3, 8), "batch2": sketch.tensor(2, 8, 5)}
    found = cost(sketch, "matmul", inputs, (2, 3, 5))
    assert (found.macs, found.elementwise) == (240, 30)


def test_attention(sketch) -> None:
    """2 samples of 4 heads: 10 queries of size 16 against 7 keys, values of size 8."""
    inputs = {
        "query": sketch.tensor(2, 4, 10, 16),
        "key": sketch.tensor(2, 4, 7, 16),
        "value": sketch.tensor(2, 4, 7, 8),
    }
    found = cost(sketch, "scaled_dot_product_attention", inputs, (2, 4, 10, 8))
    assert found.macs == 2 * 4 * 10 * 7 * (16 + 8)
    assert found.elementwise == 6 * 2 * 4 * 10 * 7
    assert found.gemm is not None
    assert (found.gemm.batch, found.gemm.macs) == (8, found.macs)


def test_lstm(sketch) -> None:
    """Input 8, hidden 16: four gates, each 16 × (8 + 16), for 5 steps of 2 samples."""
    inputs = {"input": sketch.tensor(2, 5, 8), "hx": sketch.tensor(1, 2, 16)}
    sketch.add("lstm", inputs, (2, 5, 16))
    weights = [sketch.weight(64, 8), sketch.weight(64, 16), sketch.weight(64), sketch.weight(64)]
    operator = sketch.operators[-1]
    import dataclasses

    names = (*operator.input_names, *["params"] * 4)
    sketch.operators[-1] = dataclasses.replace(operator, inputs=(*operator.inputs, *weights), input_names=names)
    found = cost_of(sketch.operators[-1], sketch.graph())
    assert found.macs == 10 * 64 * 24
    assert found.elementwise == 9 * 160
    assert set(found.reads) == {*operator.inputs, *weights}
    known = Recurrence((Gemm(1, 10, 64, 8),), Gemm(1, 2, 64, 16), 5, 4, 9)
    assert found.recurrence == known
    assert known.hidden == 16


@pytest.mark.parametrize(
    ("kind", "source", "result", "attributes", "operations"),
    [
        ("relu", (2, 8), (2, 8), {}, 16),
        ("gelu", (2, 8), (2, 8), {}, 64),
        ("cast", (2, 8), (2, 8), {}, 0),
        ("where", (2, 8), (2, 8), {}, 0),
        ("batch_norm", (2, 8, 3, 3), (2, 8, 3, 3), {}, 2 * 144),
        ("batch_norm", (2, 8, 3, 3), (2, 8, 3, 3), {"training": False}, 2 * 144),
        ("batch_norm", (2, 8, 3, 3), (2, 8, 3, 3), {"training": True}, 7 * 144),
        ("layer_norm", (2, 8), (2, 8), {}, 7 * 16),
        ("softmax", (2, 8), (2, 8), {}, 5 * 16),
        ("mean", (2, 8, 3, 3), (2, 8), {}, 144),
        ("var", (2, 8), (2,), {}, 48),
        ("max_pool2d", (1, 4, 6, 6), (1, 4, 3, 3), {"kernel_size": (2, 2)}, 4 * 36),
        ("max_pool2d", (1, 4, 6, 6), (1, 4, 3, 3), {"kernel_size": 2}, 4 * 36),
        ("avg_pool2d", (1, 4, 6, 6), (1, 4, 4, 2), {"kernel_size": (1, 3)}, 3 * 32),
        ("max_pool1d", (1, 4, 6), (1, 4, 2), {"kernel_size": (3,)}, 24),
        ("adaptive_avg_pool2d", (1, 4, 6, 6), (1, 4, 1, 1), {}, 144),
        ("upsample_nearest2d", (1, 4, 2, 2), (1, 4, 4, 4), {}, 64),
        ("upsample_bilinear2d", (1, 4, 2, 2), (1, 4, 4, 4), {}, 512),
        ("cat", (2, 8), (2, 8), {}, 0),
        ("clone", (2, 8), (2, 8), {}, 0),
    ],
)
def test_elementwise_operations(sketch, kind, source, result, attributes, operations) -> None:
    found = cost(sketch, kind, {"input": sketch.tensor(*source)}, result, **attributes)
    assert found.modelled
    assert (found.macs, found.elementwise, found.flops) == (0, operations, operations)


@pytest.mark.parametrize(
    ("kind", "inputs", "result", "attributes", "operations"),
    [
        # 5·N·log₂ n for n complex points, half of it where one side is real
        ("fft_c2c", {"self": (3, 64)}, (3, 64), {"dim": (1,)}, 5 * 192 * 6),
        ("fft_r2c", {"self": (2, 8, 16)}, (2, 8, 9), {"dim": (1, 2)}, 2.5 * 256 * 7),
        ("fft_c2r", {"self": (2, 8, 9)}, (2, 8, 16), {"dim": (1, 2), "last_dim_size": 16}, 2.5 * 256 * 7),
        # a row is what is sorted: 5 comparisons an element of a row of 16, 2 of one of 3
        ("sort", {"self": (3, 16)}, (3, 16), {"dim": -1}, 48 * 5),
        ("sort", {"self": (3, 16)}, (3, 16), {"dim": 0}, 48 * 2),
        ("topk", {"self": (3, 16)}, (3, 2), {"k": 2, "dim": 1}, 48 * 5),
        # a value is looked for in a row of 5
        ("bucketize", {"self": (4, 8), "boundaries": (5,)}, (4, 8), {}, 32 * 3),
        ("searchsorted", {"sorted_sequence": (4, 5), "self": (4, 8)}, (4, 8), {}, 32 * 3),
        ("embedding_bag", {"weight": (100, 16), "indices": (6,), "offsets": (2,)}, (2, 16), {}, 96),
        ("linalg_inv_ex", {"self": (2, 10, 10)}, (2, 10, 10), {}, 2 * 2 * 1000),
        ("linalg_solve_triangular", {"self": (10, 10), "B": (10, 3)}, (10, 3), {}, 300),
        ("mse_loss", {"self": (4, 8), "target": (4, 8)}, (), {}, 96),
        ("nll_loss_forward", {"self": (4, 8), "target": (4,)}, (), {}, 4),
        ("complex", {"real": (4, 8), "imag": (4, 8)}, (4, 8), {}, 0),
    ],
)  # fmt: skip
def test_what_libraries_do(sketch, kind, inputs, result, attributes, operations) -> None:
    named = {name: sketch.tensor(*shape) for name, shape in inputs.items()}
    found = cost(sketch, kind, named, result, **attributes)
    assert found.modelled
    assert (found.macs, found.elementwise) == (0, operations)


def test_a_deformable_convolution_samples_before_it_multiplies(sketch) -> None:
    """6×6 positions, 9 taps of 4 channels, 16 filters: a bilinear sample is 8 operations."""
    shapes = {"input": (1, 4, 6, 6), "weight": (16, 4, 3, 3), "offset": (1, 18, 6, 6)}
    found = cost(sketch, "deform_conv2d", {n: sketch.tensor(*s) for n, s in shapes.items()}, (1, 16, 6, 6), groups=1)
    assert (found.family, found.macs, found.elementwise) == ("convolution", 36 * 16 * 36, 8 * 36 * 36)


def test_a_bilinear_layer(sketch) -> None:
    """3 rows of 8 and of 5 to 4 results: 8·5·4 products a row, then 5·4 products and sums."""
    shapes = {"i1": (3, 8), "i2": (4, 8, 5), "i3": (3, 5)}
    found = cost(sketch, "trilinear", {n: sketch.tensor(*s) for n, s in shapes.items()}, (3, 4))
    assert (found.macs, found.elementwise) == (3 * 160, 2 * 3 * 20)


def test_a_kind_has_one_cost_function() -> None:
    assert {"conv2d", "linear", "lstm", "relu", "embedding"} <= modelled_kinds()
    with pytest.raises(ValueError, match="relu has a cost function already"):
        costs("relu")(lambda context: context.cost("pointwise"))
