"""Batch norms folded into the weights before them: the same arithmetic in the products, less traffic."""

import pytest

from graphperf.analysis.costs import Sizes, costs_of
from graphperf.analysis.fusion import Mode, partition, policy_for, with_folded_norms

SHAPE = (1, 8, 10, 10)


def moved(graph, mode: Mode) -> float:
    found = partition(graph, costs_of(graph), policy_for(mode))
    return sum(kernel.bytes for kernel in found.subgraphs(Sizes(graph, 4.0)))


def macs(graph) -> int:
    return sum(cost.macs for cost in costs_of(graph))


def layer(sketch, *, bias: bool = False) -> int:
    given = {"input": sketch.tensor(*SHAPE), "weight": sketch.weight(8, 8, 3, 3)}
    return sketch.add("conv2d", {**given, **({"bias": sketch.weight(8)} if bias else {})}, SHAPE, groups=1)


def norm(sketch, y: int, **attributes) -> int:
    names = ("weight", "bias", "running_mean", "running_var")
    return sketch.add("batch_norm", {"input": y, **{name: sketch.weight(8) for name in names}}, SHAPE, **attributes)


@pytest.mark.parametrize("model", ["resnet18", "mobilenet_v2", "efficientnet_b0", "googlenet"])
def test_models_lose_every_norm_and_no_product(zoo, model: str) -> None:
    graph = zoo.graph(model)
    folded = with_folded_norms(graph)
    assert all(operator.view for operator in folded.operators if operator.kind == "batch_norm")
    assert macs(folded) == macs(graph)
    for mode in ("eager", "compiled", "ideal", "tensorrt"):
        assert moved(folded, mode) < moved(graph, mode)


def test_norms_before_convolutions_stay(zoo) -> None:
    folded = with_folded_norms(zoo.graph("densenet121"))
    kept = [operator for operator in folded.operators if operator.kind == "batch_norm" and not operator.view]
    assert len(kept) == 62  # norm1 of 58 layers, those of three transitions, the last one


@pytest.mark.parametrize("bias", [False, True])
def test_the_shift_is_the_bias(sketch, bias: bool) -> None:
    y = sketch.add("relu", [norm(sketch, layer(sketch, bias=bias))], SHAPE)
    graph = sketch.graph(y)
    folded = with_folded_norms(graph)
    (kernel,) = partition(folded, costs_of(folded), policy_for("ideal")).subgraphs(Sizes(folded, 4.0))
    assert (kernel.operators, kernel.pattern) == ((0, 1, 2), "conv2d+relu")
    assert kernel.bytes == 4 * (2 * 800 + 8 * 8 * 9 + 8)
    assert folded.tensors[folded.operators[1].outputs[0]].storage == folded.operators[0].outputs[0]


def test_a_result_read_by_others_keeps_its_norm(sketch) -> None:
    y = layer(sketch)
    graph = sketch.graph(sketch.add("add", [y, norm(sketch, y)], SHAPE))
    assert with_folded_norms(graph) is graph


def test_a_returned_result_keeps_its_norm(sketch) -> None:
    y = layer(sketch)
    graph = sketch.graph(norm(sketch, y), y)
    assert with_folded_norms(graph) is graph


def test_a_norm_in_training_stays(sketch) -> None:
    graph = sketch.graph(norm(sketch, layer(sketch), training=True))
    assert with_folded_norms(graph) is graph


def test_a_norm_after_something_else_stays(sketch) -> None:
    graph = sketch.graph(norm(sketch, sketch.add("relu", [sketch.tensor(*SHAPE)], SHAPE)))
    assert with_folded_norms(graph) is graph


def test_tensorrt_folds(zoo) -> None:
    folded = zoo.evaluation("resnet18", "tensorrt", device="a100-sxm4-80gb")
    patterns = {estimate.subgraph.pattern for estimate in folded.subgraphs}
    assert "conv2d+add+relu" in patterns
    assert not any("batch_norm" in pattern for pattern in patterns)
    assert len(folded.costs) == len(zoo.graph("resnet18").operators)
