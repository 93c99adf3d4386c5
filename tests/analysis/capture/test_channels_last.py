"""Models that make their images channels-last are captured so."""

from pathlib import Path

import pytest

from graphperf.analysis.estimate import Question, estimate
from graphperf.analysis.graph import Graph
from graphperf.analysis.mapping.access import access_of, channels_last, lost_order
from graphperf.analysis.what_if import WhatIf
from graphperf.hardware_profiles import Precision, profile

HEAD = """
# graphperf: input=(8, 3, 64, 64)
class Net(nn.Module):
    def __init__(self):
        super().__init__()"""
LAYERS = """
        first, second = nn.Conv2d(3, 64, 3, padding=1), nn.Conv2d(64, 64, 3, padding=1)
        self.layers = nn.Sequential(first, nn.BatchNorm2d(64), nn.ReLU(), second)
"""
NETS = {
    "plain": ("", "return self.layers(x)"),
    "weights": ("        self.to(memory_format=torch.channels_last)\n", "return self.layers(x)"),
    "image": ("", "return self.layers(x.contiguous(memory_format=torch.channels_last))"),
    "permuted": ("", "return self.layers(x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2))"),
}


@pytest.fixture
def net(write):
    def net(name: str) -> Graph:
        made, run = NETS[name]
        return write(f"{HEAD}{LAYERS}{made}\n    def forward(self, x):\n        {run}\n").graph

    return net


@pytest.mark.parametrize("name", NETS)
def test_convolutions_keep_the_order(net, name: str) -> None:
    graph = net(name)
    made = [graph.tensors[o.outputs[0]] for o in graph.operators if o.kind in ("conv2d", "batch_norm", "relu")]
    assert len(made) == 4
    assert {channels_last(tensor) for tensor in made} == {name != "plain"}


def test_tensor_cores_need_no_conversion_then(net) -> None:
    question = Question(profile("a100-sxm4-80gb"), Precision.FP16, "eager")
    converted = {name: estimate(net(name), question).allocations.conversion_s.sum() for name in ("plain", "weights")}
    assert converted["plain"] > 0 == converted["weights"]


SET = {"what_if": frozenset({WhatIf.CHANNELS_LAST}), "hardware": ("a100-sxm4-80gb",), "precision": Precision.FP16}
TOKENS = """
# graphperf: input=(64, 3, 224, 224)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches, self.norm = nn.Conv2d(3, 384, 16, 16), nn.LayerNorm(384)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.norm(x + 1)
"""


def test_what_is_set_is_captured_and_compared_with_the_model_as_written(write) -> None:
    """Tokens that are taken from channels-last images lie as norms want them."""
    [plain], [changed] = (
        write(TOKENS, **{**SET, "what_if": frozenset()}).analysis.results,
        write(TOKENS, **SET).analysis.results,
    )
    assert (plain.graph.channels_last, changed.graph.channels_last) == (False, True)
    [base], [found] = plain.evaluations, changed.evaluations
    assert [estimate.latency for estimate in changed.unchanged] == [base.latency]
    copies = [any(each.allocation.conversion_s for each in one.subgraphs) for one in (base, found)]
    assert copies == [True, False]
    assert found.latency.value < 0.9 * base.latency.value


def test_the_heap_of_a_processor_is_followed_in_that_order_too(write) -> None:
    [result] = write(TOKENS, **{**SET, "hardware": ("i7-12700k",), "precision": Precision.FP32}).analysis.results
    changed, plain = (
        found.allocations.cleared_bytes.sum() for found in (result.evaluations[0].totals, *result.unchanged)
    )
    assert changed == pytest.approx(plain, rel=0.5)
    assert changed > 0


def test_weights_and_images_of_every_kind_of_argument_are_turned(write) -> None:
    graph = write(
        """
        # graphperf: input=[(2, 8, 16, 16), (2, 5, 8)]
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.point, self.volume, self.fc = nn.Conv2d(8, 4, 1), nn.Conv3d(1, 4, 3), nn.Linear(8, 8)

            def forward(self, image, tokens):
                return self.point(image).mean() + self.volume(image[:, None]).mean() + self.fc(tokens).mean()
        """,
        **SET,
    ).graph
    image, tokens = (graph.tensors[each] for each in graph.input_tensors)
    assert (image.strides, tokens.strides) == ((2048, 1, 128, 8), (40, 8, 1))
    weights = {tensor.shape: tensor.strides for tensor in graph.tensors if tensor.is_weight}
    assert weights[4, 8, 1, 1] == (8, 1, 8, 8)  # in that order by its strides alone, as `to()` makes it
    assert weights[4, 1, 3, 3, 3] == (27, 27, 9, 3, 1)


VIEWS = """
{directive}
class Net(nn.Module):
    def __init__(self, pools=False):
        super().__init__()
        self.conv = nn.Conv2d(64, 64, 3)
        self.pool = nn.AdaptiveAvgPool2d(1) if pools else nn.Identity()

    def forward(self, x):
        return self.pool(self.conv(x)).view(x.shape[0], -1)


if __name__ == "__main__":
    Net(){run}
    Net(True)(torch.randn(8, 64, 32, 32))
"""


@pytest.mark.parametrize(
    ("directive", "run", "reason"),
    [
        ("# graphperf: input=(8, 64, 32, 32) init=()", "", "RuntimeError: view size is not compatible"),
        ("# graphperf: input=(8, 64, 32, 32)", "", "only made or called otherwise"),  # which Net(True) does
        ("", "(torch.randn(8, 64, 32, 32)); Net()(torch.randn(2, 64, 3, 3))", "only made or called otherwise"),
    ],
)
def test_models_that_only_run_as_written_are_changed_without_a_capture(
    write, directive: str, run: str, reason: str
) -> None:
    """No other model, and no other input, is taken for the change."""
    [result] = write(VIEWS.format(directive=directive, run=run), **SET).analysis.results
    assert not result.graph.channels_last
    assert result.graph.inputs[0].shape == (8, 64, 32, 32)
    [words] = result.graph.assumptions
    assert words.startswith(f"does not run in channels_last ({reason}")
    assert result.evaluations[0].latency.value < result.unchanged[0].latency.value


def test_group_norms_lose_the_order_unless_weights_bring_it_back(write) -> None:
    """As on GPUs, whose kernel makes contiguous images; weights that are computed in every run are contiguous."""
    graph = write(
        """
        class Standardized(nn.Conv2d):
            def forward(self, x):
                return F.conv2d(x, (self.weight - self.weight.mean()).contiguous(), padding=1)


        # graphperf: input=(8, 64, 32, 32)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm, self.other = nn.GroupNorm(8, 64), nn.GroupNorm(8, 64)
                self.own, self.usual = Standardized(64, 64, 3), nn.Conv2d(64, 64, 1)

            def forward(self, x):
                return self.other(self.usual(self.own(torch.relu(self.norm(x)))))
        """,
        prelude="import torch\nimport torch.nn.functional as F\nfrom torch import nn\n",
        **SET,
    ).graph
    lost = lost_order(graph)
    made = [
        (o.kind, o.outputs[0] in lost.images) for o in graph.operators if channels_last(graph.tensors[o.outputs[0]])
    ]
    assert [each for each in made if each[0] in ("group_norm", "relu", "conv2d")] == [
        ("group_norm", True), ("relu", True), ("conv2d", True), ("conv2d", False), ("group_norm", True),
    ]  # fmt: skip
    norms = [operator for operator in graph.operators if operator.kind == "group_norm"]
    copies = [access_of(operator, "normalization", graph, lost).copies for operator in norms]
    assert copies == [2, 1]  # the usual convolution brings back what the first lost, and nothing what the other did


PART = """
class Sizes:
    width = 64


class Part(nn.Module):
    def __init__(self, sizes, layers):
        super().__init__()
        self.layers = nn.Sequential(*[nn.Conv2d(sizes.inner.width, 64, 3, padding=1) for _ in layers.listed()])

    def forward(self, features, extra):
        return self.layers(features["p3"]) + extra.image
"""
WHOLE = """import torch
from torch import nn
from model import Part, Sizes

class Inner:
    inner = Sizes

class Layers:
    def listed(self):
        return [1, 2, 3]

class Extra:
    def __init__(self, image):
        self.image = image

class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.part = nn.Conv2d(3, 64, 7, 2, 3), Part(Inner, Layers())

    def forward(self, x):
        x = self.stem(x)
        return self.part({"p3": x}, Extra(x))
"""


@pytest.mark.slow
def test_what_only_other_code_makes_is_captured_as_that_does_in_either_order(write, tmp_path: Path) -> None:
    (tmp_path / "whole.py").write_text(WHOLE)
    [result] = write(PART, **SET).analysis.results
    [base] = result.unchanged
    assert result.graph.model == "Part"
    assert result.graph.channels_last
    assert [operator.kind for operator in result.graph.operators] == ["conv2d"] * 3 + ["add"]
    assert result.evaluations[0].latency.value < base.latency.value


def test_what_is_lost_is_followed_as_pytorch_chooses_orders(write) -> None:
    """The first operand of full size decides; a sum of both orders is not read in rows; each convolution converts for itself."""
    graph = write(
        """
        # graphperf: input=(8, 64, 32, 32)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm, self.scale = nn.GroupNorm(8, 64), nn.Parameter(torch.ones(1))
                self.first, self.second = nn.Conv2d(64, 64, 1), nn.Conv2d(64, 64, 3, padding=1)

            def forward(self, x):
                y = self.scale * self.norm(x).square()
                return self.first(y) + self.second(y), x + y, y + y
        """,
        **SET,
    ).graph
    lost = lost_order(graph)
    [norm] = (operator for operator in graph.operators if operator.kind == "group_norm")
    assert access_of(norm, "normalization", graph, lost).copies == 1 + 2
    [scaled] = (operator for operator in graph.operators if operator.kind == "mul")
    assert scaled.outputs[0] in lost.images
    sums = [operator for operator in graph.operators if operator.kind == "add"]
    assert [access_of(each, "pointwise", graph, lost).irregular for each in sums] == [False, True, False]
