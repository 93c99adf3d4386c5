"""Losses: predictions with targets alike, classes or masks; states that a model makes itself."""

from collections.abc import Callable

import pytest

LOSS = """
class {name}(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, {parameters}):
        {forward}
"""

LOSSES = {
    "alike": ("DiceLoss", "pred, target", "return (pred * target).sum() / (pred + target).sum()", [4, 4]),
    "map and mask": ("MapLoss", "pred, gt, mask", "return ((pred[:, 0] - gt[:, 0]) * mask).sum()", [4, 4, 3]),
    "classes": ("Loss", "output, target", "return F.nll_loss(F.log_softmax(output, 1), target)", [2, 1]),
    "weighted": ("Loss", "output, target, weight", "return F.cross_entropy(output, target, weight)", [2, 1, 1]),
    "several predictions": ("SumLoss", "preds, target", "return sum((p - target).mean() for p in preds)", [4, 4, 4]),
    "unpacked": ("TwoLoss", "*inputs", "a, b = tuple(inputs)\n        return (a - b).mean()", [4, 4]),
    "three predictions": (
        "TriLoss",
        "preds, target",
        "a, b, c = list(preds)\n        return a + b + c - target",
        [4] * 4,
    ),
    "two alike": ("SmoothLoss", "a, b", "assert a.shape == b.shape\n        return (a - b).abs().mean()", [4, 4]),
}


@pytest.mark.parametrize("name", LOSSES)
def test_inputs_of_a_loss(write: Callable, name: str) -> None:
    kind, parameters, forward, ranks = LOSSES[name]
    graph = write(LOSS.format(name=kind, parameters=parameters, forward=forward)).graph
    assert [len(spec.shape) for spec in graph.inputs] == ranks


def test_what_is_asserted_of_data_holds(write: Callable) -> None:
    forward = "loss = (pred - target).mean()\n        assert loss <= 1\n        return loss"
    graph = write(LOSS.format(name="MeanLoss", parameters="pred, target", forward=forward)).graph
    assert any("asserts of data" in words for words in graph.assumptions)


STATE = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnns = nn.ModuleList([nn.LSTM(8, 6), nn.LSTM(6, 4)])

    def forward(self, x, hidden):
        for rnn, state in zip(self.rnns, hidden):
            x, _ = rnn(x, state)
        return x

    def init_hidden(self, {parameter}):
        return [tuple(torch.zeros(1, batch, size) for _ in range(2)) for size in (6, 4)]
"""


def test_a_state_is_what_the_model_makes(write: Callable) -> None:
    graph = write(STATE.format(parameter="batch")).graph
    assert [spec.shape for spec in graph.inputs[1:]] == [(1, 1, 6), (1, 1, 6), (1, 1, 4), (1, 1, 4)]
    assert graph.inputs[1].origin == "made by init_hidden"
