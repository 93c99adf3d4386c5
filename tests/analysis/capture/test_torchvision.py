"""Whole torchvision models against figures that are known, and against PyTorch's own counter."""

import pytest

from graphperf.analysis.costs import costs_of

MACS = {
    "resnet18": 1_814_073_344,
    "mobilenet_v2": 300_774_272,
    "efficientnet_b0": 385_814_752,
    "vgg16": 15_470_264_320,
    "vit_b_16": 17_563_828_224,
}
PUBLISHED_GMACS = {"efficientnet_b0": 0.386, "vit_b_16": 17.56, "resnet18": 1.814, "mobilenet_v2": 0.301}
PARAMETERS = {
    "resnet18": 11_689_512,
    "mobilenet_v2": 3_504_872,
    "efficientnet_b0": 5_288_548,
    "vgg16": 138_357_544,
    "vit_b_16": 86_567_656,
}
OPERATORS = {"resnet18": 69, "mobilenet_v2": 153, "efficientnet_b0": 249, "vgg16": 40}
MODELS = list(MACS)


@pytest.mark.parametrize("name", MODELS)
def test_macs_and_parameters(zoo, name: str) -> None:
    graph = zoo.graph(name)
    assert sum(cost.macs for cost in costs_of(graph)) == MACS[name]
    assert graph.parameters == PARAMETERS[name]
    assert MACS[name] / 1e9 == pytest.approx(PUBLISHED_GMACS.get(name, 15.47), rel=0.005)


@pytest.mark.parametrize("name", MODELS)
def test_macs_grow_with_the_batch_and_weights_do_not(zoo, name: str) -> None:
    graph = zoo.graph(name, batch=4)
    assert sum(cost.macs for cost in costs_of(graph)) == 4 * MACS[name]
    assert graph.parameters == PARAMETERS[name]
    assert [spec.shape for spec in graph.inputs] == [(4, 3, 224, 224)]


@pytest.mark.parametrize(("name", "count"), OPERATORS.items())
def test_operator_counts(zoo, name: str, count: int) -> None:
    assert len(zoo.graph(name).operators) == count


def test_every_layer_of_resnet18_is_one_operator_with_its_name(zoo) -> None:
    graph = zoo.graph("resnet18")
    kinds = [operator.kind for operator in graph.operators]
    counted = {kind: kinds.count(kind) for kind in set(kinds)}
    assert counted == {
        "conv2d": 20, "batch_norm": 20, "relu": 17, "add": 8, "max_pool2d": 1, "mean": 1, "view": 1, "linear": 1,
    }  # fmt: skip
    by_name = {operator.name: operator for operator in graph.operators}
    assert len(by_name) == len(graph.operators)
    assert by_name["layer4.1.conv2"].kind == "conv2d"
    assert (by_name["layer1.0"].kind, by_name["layer1.0"].module) == ("add", "layer1.0")
    assert by_name["fc"].kind == "linear"
    assert [graph.tensors[t].shape for t in by_name["layer4.1.conv2"].outputs] == [(1, 512, 7, 7)]


def test_attention_of_vit_is_one_operator_a_layer(zoo) -> None:
    graph = zoo.graph("vit_b_16")
    attention = [operator for operator in graph.operators if operator.kind == "scaled_dot_product_attention"]
    assert len(attention) == 12
    assert {graph.tensors[operator.inputs[0]].shape for operator in attention} == {(1, 12, 197, 64)}
    assert sum(operator.kind == "linear" for operator in graph.operators) == 12 * 4 + 1


@pytest.mark.parametrize("name", MODELS)
def test_graphs_are_in_single_assignment_form(zoo, name: str) -> None:
    graph = zoo.graph(name)
    made = [tensor for operator in graph.operators for tensor in operator.outputs]
    assert len(made) == len(set(made))
    assert not set(made) & set(graph.input_tensors)
    for operator in graph.operators:
        for tensor in operator.inputs:
            assert graph.producers.get(tensor, -1) < operator.id
            role = graph.tensors[tensor].role
            assert tensor in graph.producers or role in ("input", "parameter", "buffer", "constant")
    assert all(tensor in graph.producers for tensor in graph.output_tensors)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*MODELS, "mobilenet_v3_large", "efficientnet_b2", "swin_t", "convnext_tiny"])
def test_macs_equal_those_of_flop_counter_mode(zoo, name: str) -> None:
    """On the meta device nothing is allocated, and the fast path of attention, which the counter cannot see, is off."""
    torch = pytest.importorskip("torch")
    models = pytest.importorskip("torchvision.models")
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        model = models.get_model(name).eval()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model(torch.empty(1, 3, 224, 224, device="meta"))
    assert sum(2 * cost.macs for cost in costs_of(zoo.graph(name))) == counter.get_total_flops()
