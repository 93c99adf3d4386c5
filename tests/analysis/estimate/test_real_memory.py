"""The peak of memory in eager mode against real runs on this CPU."""

from pathlib import Path

import pytest
import torch

from graphperf.analysis.discovery import FileTarget
from graphperf.analysis.estimate import Plan
from graphperf.analysis.fusion import Mode, policy_for
from graphperf.analysis.graph import Graph
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options
from graphperf.hardware_profiles import Precision

from .real_memory import kept_for_backward, peak_of_a_run

BLOCKS = Path(__file__).parents[3] / "examples" / "blocks"
TAGGER = """
# graphperf: input=(4, 50, 128)
class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(128, 256, batch_first=True)
        self.head = nn.Linear(256, 64)

    def forward(self, x):
        x, _ = self.lstm(x)
        x = torch.tanh(x)
        return self.head(x)
"""


def peak(graph: Graph, mode: Mode = "eager") -> float:
    return Plan.of(graph, policy_for(mode)).memory.peak(Precision.FP32)


def real(text: str, name: str, *shape: int) -> int:
    """A run of the class that a file defines."""
    names: dict[str, object] = {"torch": torch, "nn": torch.nn, "__name__": "model"}
    exec(text, names)
    with torch.device("meta"):
        model = names[name]()  # pyright: ignore[reportCallIssue, reportGeneralTypeIssues]
    return peak_of_a_run(model, *shape)


def kept(graph: Graph) -> float:
    return Plan.of(graph, policy_for("eager")).memory.training(Precision.FP32).activations


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["resnet18", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "densenet121", "vit_b_16", "swin_t"]
)
def test_training_keeps_as_much_as_autograd_does(zoo, name) -> None:
    import torchvision  # here: tests of imports ahead find it not imported

    with torch.device("meta"):
        model = getattr(torchvision.models, name)()
    # Batch norms keep their mean and deviation besides, stochastic depth its choice.
    assert kept(zoo.graph(name)) == pytest.approx(kept_for_backward(model, 1, 3, 224, 224), rel=0.005)


LINEAR = "nn.Linear(64, 64)"
OPERATORS = {
    "a line of layers": ("nn.Sequential(nn.Linear(64, 96), nn.GELU(), nn.Linear(96, 64), nn.Tanh())", "self.a(x)"),
    "in place, by the result": (f"nn.Sequential({LINEAR}, nn.ReLU(True), {LINEAR}, nn.ELU(inplace=True))", "self.a(x)"),
    "in place, by what was there": (f"nn.Sequential({LINEAR}, nn.SiLU(True), {LINEAR}, nn.Hardtanh(inplace=True))", "self.a(x)"),
    "a product of two": (LINEAR, "self.a(x) * x.sigmoid()"),
    "a sum keeps nothing": (LINEAR, "self.a(x) + x.exp()"),
    "the largest": (LINEAR, "self.a(x).topk(4).values"),
    "a choice": (LINEAR, "torch.where(x > 0, self.a(x), self.a(x).sin())"),
    "a norm and a softmax": (f"nn.Sequential({LINEAR}, nn.LayerNorm(64), nn.Softmax(-1))", "self.a(x).softmax(0)"),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATORS)
def test_what_autograd_keeps_of_operators(write, name) -> None:
    layer, result = OPERATORS[name]
    text = f"""
# graphperf: input=(8, 16, 64)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = {layer}

    def forward(self, x):
        return {result}
"""
    names: dict[str, object] = {"torch": torch, "nn": torch.nn, "__name__": "model"}
    exec(text, names)
    with torch.device("meta"):
        model = names["Net"]()  # pyright: ignore[reportCallIssue, reportGeneralTypeIssues]
    # A layer norm keeps two numbers a row besides.
    assert kept(write(text).graph) == pytest.approx(kept_for_backward(model, 8, 16, 64), rel=0.015)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "googlenet", "densenet121", "vit_b_16", "swin_t"])
def test_models_take_as_much_as_in_a_real_run(zoo, name) -> None:
    import torchvision  # here: tests of imports ahead find it not imported

    options = {"init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        model = getattr(torchvision.models, name)(**options)
    assert peak(zoo.graph(name)) == pytest.approx(peak_of_a_run(model, 1, 3, 224, 224), rel=0.005)


@pytest.mark.parametrize(
    ("file", "name"),
    [("attention_head", "AttentionHead"), ("conv_stack", "ConvStack"), ("depthwise_separable", "DepthwiseSeparable"),
     ("mlp", "MLP"), ("resnet_block", "ResNetBlock"), ("transformer_layer", "TransformerLayer")],
)  # fmt: skip
def test_building_blocks_take_as_much_as_in_a_real_run(capturer, file, name) -> None:
    path = BLOCKS / f"{file}.py"
    (result,) = analyze(FileTarget(path), Options(), capturer).results
    found = real(path.read_text("utf-8"), name, *result.graph.inputs[0].shape)
    assert peak(result.graph) == pytest.approx(found, rel=0.005)


def test_a_recurrent_layer_takes_as_much_as_in_a_real_run(write) -> None:
    assert peak(write(TAGGER).graph) == pytest.approx(real(TAGGER, "Tagger", 4, 50, 128), rel=0.005)
