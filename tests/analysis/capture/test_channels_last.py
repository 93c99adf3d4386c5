"""Models that make their images channels-last are captured so."""

import pytest

from graphperf.analysis.estimate import Question, estimate
from graphperf.analysis.graph import Graph
from graphperf.analysis.mapping.access import channels_last
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
