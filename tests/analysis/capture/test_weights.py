"""Weights have no data, what has values keeps them: the two are copied and put in each other's place."""

from collections.abc import Callable

import pytest

INIT = """
    from copy import deepcopy

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, bias=False)
            self.norm = nn.BatchNorm2d(8)
            self.register_buffer("steps", torch.arange(5))
            {line}

        def forward(self, x):
            return self.norm(self.conv(x))
"""
LINES = {
    "a filter with values": "self.conv.weight.data = torch.ones(8, 3, 3, 3)",
    "values for a buffer": "self.norm.running_mean.data = torch.zeros(8)",
    "a weight for a buffer": "self.norm.running_var.data = self.conv.weight.data[:, 0, 0, 0]",
    "an attribute without values": "self.norm.weight.data.fill_(0.5); self.conv.weight.data.normal_(0, 0.02)",
    "a copy of a buffer": "assert deepcopy(self.steps).tolist() == [0, 1, 2, 3, 4]",
    "a copy of a layer": "self.conv = deepcopy(self.conv); self.norm = deepcopy(self.norm)",
    "a copy of a parameter": "self.conv.weight = nn.Parameter(deepcopy(self.conv.weight).detach())",
    "the device of a weight": "self.norm = nn.BatchNorm2d(8, device=self.conv.weight.device); deepcopy(self)",
}


@pytest.mark.parametrize("name", LINES)
def test_weights_and_values(write: Callable, name: str) -> None:
    graph = write(INIT.format(line=LINES[name])).graph
    assert [o.kind for o in graph.operators] == ["conv2d", "batch_norm"]
    assert graph.parameters == 8 * 3 * 9 + 2 * 8


DOWNLOADS = {
    "as they are": "self.load_state_dict(torch.hub.load_state_dict_from_url('http://x/w', progress=True))",
    "inside": "self.load_state_dict(torch.hub.load_state_dict_from_url('http://x/w')['model'], strict=True)",
    "chosen": "from torch.utils.model_zoo import load_url; w = load_url('http://x/w'); "
    "self.load_state_dict({k: v for k, v in w.items() if k in self.state_dict()})",
    "torchvision": "import torchvision; torchvision.models.resnet18(weights='DEFAULT')",
}


@pytest.mark.parametrize("name", DOWNLOADS)
def test_weights_that_are_downloaded_are_left_out(write: Callable, name: str) -> None:
    graph = write(INIT.format(line=DOWNLOADS[name])).graph
    assert [o.kind for o in graph.operators] == ["conv2d", "batch_norm"]
    assert any("weights are not downloaded" in words for words in graph.assumptions)


def test_downloaded_weights_that_are_looked_into_are_refused(write: Callable) -> None:
    line = "self.first = torch.hub.load_state_dict_from_url('http://x/w')['conv.weight']"
    (problem,) = write(INIT.format(line=line)).analysis.problems
    assert "reads 'conv.weight' of downloaded weights" in problem.message
