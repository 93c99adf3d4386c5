from collections.abc import Callable

import pytest

from graphperf.analysis.report.layers import layers
from graphperf.analysis.report.lines import line_summaries

NET = """
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(8, 8, 3, padding=1)  # inner

        def forward(self, x):
            return F.relu(self.conv(x))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 8, 3)  # stem
            self.blocks = nn.ModuleList([Block() for _ in range(2)])  # blocks
            self.again = nn.ReLU()  # again

        def forward(self, x):
            x = self.again(self.stem(x))
            for block in self.blocks:
                x = self.again(block(x))
            return x.flatten(1)
"""


@pytest.mark.parametrize("quantity", ["edp", "latency", "energy"])
def test_shares_sum_to_one_and_fall(write: Callable, quantity) -> None:
    net = write(NET)
    found = layers(net.evaluation, (), quantity)
    shares = [layer.share for layer in found]
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert {layer.line for layer in found} == {None}


def test_each_layer_at_its_closest_line(write: Callable) -> None:
    net = write(NET)
    summaries = line_summaries(net.evaluation, str(net.path), net.analysis.discovery.classes)
    found = {layer.name: layer for layer in layers(net.evaluation, summaries, "edp")}
    assert {name: layer.line for name, layer in found.items()} == {
        "stem": net.line("# stem"),
        "blocks.0.conv": net.line("# inner"),
        "blocks.1.conv": net.line("# inner"),
        "blocks.0": net.line("# blocks"),
        "blocks.1": net.line("# blocks"),
        "again": net.line("# again"),
    }
    assert found["again"].detail.startswith("8×222×222 · ×3 · ")
