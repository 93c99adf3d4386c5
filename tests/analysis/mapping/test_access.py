"""How operators walk their tensors, from the strides that were captured."""

from dataclasses import replace
from math import prod
from typing import Any

import pytest

from graphperf.analysis.graph import Graph, Operator, Tensor
from graphperf.analysis.mapping.access import access_of, channels_last

CONTIGUOUS, TRANSPOSED = (64, 8, 1), (64, 1, 8)


def graph(kind: str, first: tuple[int, ...], second: tuple[int, ...], **attributes: Any) -> Graph:
    tensors = tuple(
        Tensor(index, (4, 8, 8), "float32", strides, index, "activation")
        for index, strides in enumerate((first, second))
    )
    operator = Operator(0, kind, kind, f"aten.{kind}", (0,), ("input",), (1,), attributes, "", 0, (), False)
    return Graph("net", (operator,), tensors, {}, (), (), (0,), (1,), 0)


def test_tensors_in_one_order_are_walked_in_a_row() -> None:
    found = graph("relu", TRANSPOSED, TRANSPOSED)
    assert not access_of(found.operators[0], "pointwise", found).irregular
    mixed = graph("relu", TRANSPOSED, CONTIGUOUS)
    assert access_of(mixed.operators[0], "pointwise", mixed).irregular
    assert access_of(graph("cat", CONTIGUOUS, CONTIGUOUS).operators[0], "movement", found).irregular


def test_tensors_whose_rows_stay_rows_are_walked_in_a_row() -> None:
    """Windows and heads are cut out of images and tokens so: what lies side by side stays there."""
    windows = graph("clone", (8, 32, 1), CONTIGUOUS)
    assert not access_of(windows.operators[0], "movement", windows).irregular


def test_views_of_a_result_say_nothing_of_how_it_is_walked() -> None:
    found = graph("add", CONTIGUOUS, CONTIGUOUS)
    view = replace(found.tensors[1], id=2, shape=(32, 8), strides=(8, 1))
    viewed = replace(found, tensors=(*found.tensors, view), operators=(replace(found.operators[0], outputs=(2, 1)),))
    assert not access_of(viewed.operators[0], "pointwise", viewed).irregular


def test_norms_copy_what_is_not_contiguous() -> None:
    for strides, copied in ((CONTIGUOUS, False), (TRANSPOSED, True)):
        net = graph("softmax", strides, CONTIGUOUS, dim=-1)
        access = access_of(net.operators[0], "normalization", net)
        assert (access.softmax_row, access.row, access.copies) == (8, 0, copied)


@pytest.mark.parametrize(
    ("kind", "attributes", "row", "twice"),
    [
        ("layer_norm", {"normalized_shape": (8,)}, 8, False),
        ("rms_norm", {"normalized_shape": (8, 8)}, 64, False),
        ("layer_norm", {"normalized_shape": (4, 8, 8)}, 256, False),
        ("rms_norm", {}, 8, False),
        ("group_norm", {"num_groups": 2}, 32, True),
        ("instance_norm", {}, 8, True),
        ("batch_norm", {"training": True}, 32, True),
        ("linalg_vector_norm", {}, 0, False),
    ],
)
def test_norms_of_rows_run_in_one_kernel(kind: str, attributes: dict[str, Any], row: int, twice: bool) -> None:
    net = graph(kind, CONTIGUOUS, CONTIGUOUS, **attributes)
    access = access_of(net.operators[0], "normalization", net)
    assert (access.row, access.twice) == (row, twice)


@pytest.mark.parametrize(
    ("shape", "strides", "last"),
    [
        ((2, 4, 6, 8), (192, 48, 8, 1), False),
        ((2, 4, 6, 8), (192, 1, 32, 4), True),
        ((1, 4, 6, 8), (1, 1, 32, 4), True),
        ((2, 4, 6, 1), (24, 1, 4, 9), True),
        ((2, 4, 1, 1), (4, 1, 4, 4), False),  # a single place: both orders at once
        ((2, 1, 6, 8), (48, 1, 8, 1), False),
        ((2, 6, 8), (48, 1, 6), False),
        ((2, 4, 3, 6, 8), (576, 1, 192, 32, 4), True),
    ],
)
def test_images_whose_channels_lie_side_by_side(shape: tuple[int, ...], strides: tuple[int, ...], last: bool) -> None:
    image = Tensor(0, shape, "float32", strides, 0, "activation")
    assert channels_last(image) == last


@pytest.mark.parametrize(("kind", "copied"), [("batch_norm", False), ("group_norm", True)])
def test_batch_norms_take_channels_last_as_it_is(kind: str, copied: bool) -> None:
    net = graph(kind, CONTIGUOUS, CONTIGUOUS, num_groups=2)
    images = tuple(replace(tensor, shape=(2, 4, 6, 8), strides=(192, 1, 32, 4)) for tensor in net.tensors)
    net = replace(net, tensors=images)
    assert access_of(net.operators[0], "normalization", net).copies == copied
    assert not access_of(net.operators[0], "convolution", net).tiled


def test_results_that_lie_in_both_orders_do_not_tell_that_of_a_convolution() -> None:
    net = graph("conv2d", CONTIGUOUS, CONTIGUOUS)
    pooled = replace(net.tensors[1], shape=(2, 4, 1, 1), strides=(4, 1, 1, 1))
    for strides, tiled in (((192, 1, 32, 4), False), ((192, 48, 8, 1), True)):
        image = replace(net.tensors[0], shape=(2, 4, 6, 8), strides=strides)
        found = replace(net, tensors=(image, pooled))
        assert (access_of(found.operators[0], "convolution", found).tiled > 0) == tiled


def test_group_norms_of_sequences_are_no_images() -> None:
    net = graph("group_norm", CONTIGUOUS, CONTIGUOUS, num_groups=2)
    assert not access_of(net.operators[0], "normalization", net).image
    images = replace(net, tensors=tuple(replace(t, shape=(2, 4, 6, 8), strides=(192, 48, 8, 1)) for t in net.tensors))
    access = access_of(images.operators[0], "normalization", images)
    assert (access.image, access.copies) == (True, False)


def test_padding_by_reflection_copies_channels_last_images() -> None:
    net = graph("reflection_pad2d", CONTIGUOUS, CONTIGUOUS)
    last = replace(net, tensors=tuple(replace(t, shape=(2, 4, 6, 8), strides=(192, 1, 32, 4)) for t in net.tensors))
    assert access_of(last.operators[0], "movement", last).copies
    assert not access_of(net.operators[0], "movement", net).copies


@pytest.mark.parametrize(
    ("shape", "tiled"),
    [
        ((2, 64, 8, 8), 1.0),
        ((2, 64, 7, 7), 64 / 49),
        ((2, 48, 32, 32), 4 / 3),
        ((2, 3, 0, 8), 1.0),
        ((8, 48, 1, 1), 1.0),
    ],
)
def test_tiles_of_contiguous_images_are_padded(shape: tuple[int, ...], tiled: float) -> None:
    net = graph("conv2d", CONTIGUOUS, CONTIGUOUS)
    strides = (prod(shape[1:]), shape[2] * shape[3], shape[3], 1)
    net = replace(net, tensors=tuple(replace(tensor, shape=shape, strides=strides) for tensor in net.tensors))
    assert access_of(net.operators[0], "convolution", net).tiled == pytest.approx(tiled)


@pytest.mark.parametrize(("images", "wide"), [(2**11 - 1, False), (2**11, True)])
def test_convolutions_over_more_elements_than_32_bits_count(images: int, wide: bool) -> None:
    net = graph("conv2d", CONTIGUOUS, CONTIGUOUS)
    shapes = ((images, 64, 128, 128), (images, 64, 64, 64))
    net = replace(
        net,
        tensors=tuple(
            replace(t, shape=shape, strides=(1, 1, 1, 1)) for t, shape in zip(net.tensors, shapes, strict=True)
        ),
    )
    assert 2**11 * 64 * 128 * 128 == 2**31
    assert access_of(net.operators[0], "convolution", net).wide == wide


def test_rows_that_cannot_be_loaded_by_four_run_in_two_kernels() -> None:
    net = graph("layer_norm", CONTIGUOUS, CONTIGUOUS, normalized_shape=(8,))
    odd = replace(net, tensors=tuple(replace(tensor, shape=(4, 8, 7)) for tensor in net.tensors))
    odd = replace(odd, operators=(replace(net.operators[0], attributes={"normalized_shape": (7,)}),))
    access = access_of(odd.operators[0], "normalization", odd)
    assert (access.row, access.twice) == (7, True)


def test_other_operators_are_regular() -> None:
    net = graph("linear", TRANSPOSED, CONTIGUOUS)
    assert not any(access_of(net.operators[0], "matmul", net))
