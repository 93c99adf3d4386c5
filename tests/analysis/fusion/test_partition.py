"""Kernels of captured models: every operator once, no cycles, traffic only falls."""

from dataclasses import replace
from graphlib import TopologicalSorter

import pytest

from graphperf.analysis.costs import Sizes, costs_of
from graphperf.analysis.fusion import MODES, partition, policy_for, with_folded_norms
from graphperf.hardware_profiles import Precision

MODELS = ["resnet18", "mobilenet_v2", "efficientnet_b0", "vgg16", "vit_b_16"]
CASES = [(model, mode) for model in MODELS for mode in MODES]


def kernels(graph, mode: str, precision: str = "fp32"):
    return partition(graph, costs_of(graph), policy_for(mode)).subgraphs(Sizes(graph, Precision(precision).bytes))  # pyright: ignore[reportArgumentType]


def moved(graph, mode: str, precision: str = "fp32") -> float:
    return sum(kernel.bytes for kernel in kernels(graph, mode, precision))


@pytest.mark.parametrize(("model", "mode"), CASES)
def test_every_operator_is_in_exactly_one_kernel(zoo, model: str, mode: str) -> None:
    graph = zoo.graph(model)
    members = [operator for kernel in kernels(graph, mode) for operator in kernel.operators]
    assert sorted(members) == list(range(len(graph.operators)))


@pytest.mark.parametrize(("model", "mode"), CASES)
def test_kernels_can_run_one_after_another(zoo, model: str, mode: str) -> None:
    """No kernel waits for one that waits for it, through views and true dependencies alike."""
    graph = zoo.graph(model)
    home = {operator: kernel.id for kernel in kernels(graph, mode) for operator in kernel.operators}
    before: dict[int, set[int]] = {kernel: set() for kernel in home.values()}
    for operator in graph.operators:
        before[home[operator.id]] |= {home[p] for p in graph.predecessors[operator.id]} - {home[operator.id]}
    assert len(list(TopologicalSorter(before).static_order())) == len(before)
    order = partition(graph, costs_of(graph), policy_for(mode)).order  # pyright: ignore[reportArgumentType]
    assert sorted(order) == sorted(before)
    assert all(before[kernel] <= set(order[:step]) for step, kernel in enumerate(order))


@pytest.mark.parametrize(("model", "mode"), CASES)
def test_fusion_never_adds_traffic(zoo, model: str, mode: str) -> None:
    for kernel in kernels(zoo.graph(model), mode):
        assert 0 <= kernel.bytes <= kernel.bytes_separate
        assert kernel.bytes == kernel.bytes_read + kernel.bytes_weights + kernel.bytes_written
        assert kernel.bytes_unread == 0 or mode == "eager"


@pytest.mark.parametrize("model", MODELS)
def test_each_mode_moves_at_most_what_the_one_before_it_moves(zoo, model: str) -> None:
    graph = zoo.graph(model)
    assert moved(graph, "ideal") <= moved(graph, "compiled") <= moved(graph, "eager")
    assert len(kernels(graph, "ideal")) <= len(kernels(graph, "compiled")) <= len(kernels(graph, "eager"))
    modes = ("eager", "compiled", "ideal")
    separate = {sum(kernel.bytes_separate for kernel in kernels(graph, mode)) for mode in modes}
    assert len({round(value) for value in separate}) == 1


@pytest.mark.parametrize(("model", "unfused", "fused"), [("resnet18", 117.0, 78.6), ("mobilenet_v2", 173.1, 70.7)])
def test_known_traffic(zoo, model: str, unfused: float, fused: float) -> None:
    """Fused: norms and activations in the kernel of their convolution, without residual additions."""
    graph = zoo.graph(model)
    assert moved(graph, "eager") / 1e6 == pytest.approx(unfused, rel=0.01)
    rules = replace(policy_for("ideal"), joins=False)
    found = partition(graph, costs_of(graph), rules)
    full, half = (sum(k.bytes for k in found.subgraphs(Sizes(graph, width))) for width in (4.0, 2.0))
    assert full / 1e6 == pytest.approx(fused, rel=0.01)
    assert half == pytest.approx(full / 2, rel=0.01)
    assert moved(with_folded_norms(graph), "ideal") < 0.985 * full


@pytest.mark.parametrize("model", MODELS)
def test_eager_runs_one_kernel_an_operator(zoo, model: str) -> None:
    graph = zoo.graph(model)
    for kernel in kernels(graph, "eager"):
        assert sum(not graph.operators[operator].view for operator in kernel.operators) <= 1


def patterns(zoo, model: str, mode: str) -> list[str]:
    return [kernel.pattern for kernel in kernels(zoo.graph(model), mode)]


def test_compiled_resnet_leaves_convolutions_alone(zoo) -> None:
    found = patterns(zoo, "resnet18", "compiled")
    assert {pattern for pattern in found if "conv" in pattern} == {"conv2d"}
    assert found.count("batch_norm+relu") == 9
    assert found.count("batch_norm+add+relu") == 4
    assert found.count("batch_norm+batch_norm+add+relu") == 3
    assert found.count("batch_norm+add+relu+mean") == 1
    assert found.count("conv2d") == 20


def test_ideal_resnet_ends_convolutions_with_their_epilogue(zoo) -> None:
    found = patterns(zoo, "resnet18", "ideal")
    assert found.count("conv2d+batch_norm+relu") == 9
    assert found.count("conv2d+batch_norm") == 3
    assert found.count("conv2d+batch_norm+add+relu") == 8
    assert len(found) == 23


def test_ideal_mobilenet_adds_residuals_where_a_convolution_ends(zoo) -> None:
    found = patterns(zoo, "mobilenet_v2", "ideal")
    assert found.count("conv2d+batch_norm+relu6") == 35
    assert found.count("conv2d+batch_norm") == 7
    assert found.count("conv2d+batch_norm+add") == 10


def test_squeeze_and_excitation_is_computed_where_it_is_multiplied(zoo) -> None:
    found = patterns(zoo, "efficientnet_b0", "compiled")
    assert (found.count("sigmoid"), found.count("sigmoid+mul")) == (0, 16)


def test_tensorrt_adds_residuals_where_the_last_convolution_ends(zoo) -> None:
    found = patterns(zoo, "resnet18", "tensorrt")
    assert found.count("conv2d+batch_norm+add+relu") == 8
    assert found.count("conv2d+batch_norm+relu") == 9
    assert found.count("conv2d+batch_norm") == 3


@pytest.mark.parametrize(("model", "mode"), CASES)
def test_no_kernel_has_two_anchors(zoo, model: str, mode: str) -> None:
    heavy = {"convolution", "matmul", "attention", "recurrent"}
    costs = costs_of(zoo.graph(model))
    for kernel in kernels(zoo.graph(model), mode):
        anchors = [operator for operator in kernel.operators if costs[operator].family in heavy]
        assert len(anchors) <= 1
        pools = [operator for operator in kernel.operators if costs[operator].family == "pool"]
        assert kernel.anchor in (*anchors, *pools, None)
