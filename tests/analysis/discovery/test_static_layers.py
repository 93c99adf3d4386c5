"""Parameters read from the source are those that PyTorch counts."""

import ast

import pytest

from graphperf.analysis.discovery.static_layers import static_parameters

torch = pytest.importorskip("torch")

CALLS = [
    "nn.Linear(128, 10)", "nn.Linear(in_features=7, out_features=3, bias=False)", "nn.Conv2d(3, 64, 7, 2, 3)",
    "nn.Conv2d(32, 64, (3, 5), groups=32, bias=False)", "nn.Conv1d(4, 8, 3, 1, 1, 1, 2)", "nn.Conv3d(2, 4, 3)",
    "nn.ConvTranspose2d(16, 8, 4, 2, 1)", "nn.ConvTranspose1d(16, 8, 4, 2, 1, 0, 4, False)", "nn.BatchNorm2d(64)",
    "nn.BatchNorm1d(8, affine=False)", "nn.GroupNorm(4, 32)", "nn.LayerNorm(768)", "nn.LayerNorm((4, 8), bias=False)",
    "nn.Embedding(1000, 64)", "nn.MultiheadAttention(64, 4)", "nn.MultiheadAttention(64, 4, bias=False)",
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_as_many_as_the_layer_has(call: str) -> None:
    layer = eval(call, {"nn": torch.nn})
    found = static_parameters(ast.parse(f"from torch import nn\nx = {call}"))
    assert found.get(2, 0) == sum(parameter.numel() for parameter in layer.parameters())


@pytest.mark.parametrize(
    "source",
    ["from torch import nn\nx = nn.Linear(n, 10)", "from torch import nn\nx = nn.Linear('a', 10)", "x = nn.Linear(1, 2)",
     "from keras import nn\nx = nn.Linear(1, 2)", "from torch import nn\nx = nn.Conv2d(1, 2, 3, groups=0)",
     "from torch import nn\nx = nn.Linear(*sizes)", "from torch import nn\nx = nn.Linear()"],
)  # fmt: skip
def test_what_is_not_plain_says_nothing(source: str) -> None:
    assert static_parameters(ast.parse(source)) == {}


@pytest.mark.parametrize(
    ("start", "name"),
    [("import torch", "torch.nn.Linear"), ("import torch.nn as layers", "layers.Linear"),
     ("from torch.nn import Linear as Dense", "Dense"), ("from torch import nn as N", "N.Linear")],
)  # fmt: skip
def test_names_under_which_layers_are_imported(start: str, name: str) -> None:
    assert static_parameters(ast.parse(f"{start}\nx = {name}(2, 3)")) == {2: 9}
    assert static_parameters(ast.parse(f"import other\nx = other.{name}(2, 3)")) == {}
