"""Code that says it runs on a GPU is captured as if it said nothing; what is not built falls back to the CPU's way."""

from collections.abc import Callable
from pathlib import Path

import pytest

NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        {init}

    def forward(self, x):
        return {result}
"""

MOVED = {
    "cuda()": NET.format(init="self.cuda()", result="self.fc(x.cuda())"),
    "to": NET.format(init="self.to('cuda:0')", result="self.fc(x.to('cuda', non_blocking=True))"),
    "to a device": NET.format(init="self.place = torch.device('cuda')", result="self.fc(x.to(device=self.place))"),
    "with a type": NET.format(init="", result="self.fc(x.to('cuda', torch.float32))"),
    "made there": NET.format(init="self.w = nn.Parameter(torch.zeros(8, device='cuda'))", result="self.fc(x) * self.w"),
    "old types": NET.format(init="", result="self.fc(x) + torch.cuda.FloatTensor(8).zero_()"),
}


@pytest.mark.parametrize("name", MOVED)
def test_moving_to_a_gpu_does_nothing(write: Callable, name: str) -> None:
    written = write(MOVED[name])
    kinds = [operator.kind for operator in written.graph.operators]
    assert kinds[0] == "linear" or "linear" in kinds[:2]
    assert "_to_copy" not in kinds
    if "FloatTensor" not in MOVED[name]:
        assert any("to a GPU" in words for words in written.graph.assumptions)


def test_a_model_that_moves_nothing_has_no_such_assumption(write: Callable) -> None:
    assert not any("GPU" in words for words in write(NET.format(init="", result="self.fc(x)")).graph.assumptions)


FUSED = """
import torch
from torch.utils.cpp_extension import load
fused = load("fused", sources=["fused.cpp", "fused.cu"])
def leaky(x):
    return F.leaky_relu(x) if x.device.type == "cpu" else fused.leaky(x)
"""


def test_an_extension_that_is_not_built_is_done_without(write: Callable) -> None:
    written = write(FUSED + NET.format(init="", result="leaky(self.fc(x))"))
    assert [operator.kind for operator in written.graph.operators] == ["linear", "leaky_relu"]
    assert any("the way of a CPU" in words for words in written.graph.assumptions)


def test_an_extension_without_another_way_is_named(write: Callable) -> None:
    written = write(FUSED + NET.format(init="", result="fused.leaky(self.fc(x))"))
    (problem,) = written.analysis.problems
    assert "the extension fused is not built" in problem.message


def test_code_with_another_way_takes_it_where_building_fails(write: Callable, tmp_path: Path) -> None:
    top = "try:\n    fused = load('fused', sources=[])\nexcept Exception:\n    fused = None\n"
    source = "from torch.utils.cpp_extension import load\n" + top
    written = write(source + NET.format(init="", result="fused.leaky(x) if fused else self.fc(x)"))
    assert [operator.kind for operator in written.graph.operators] == ["linear"]
