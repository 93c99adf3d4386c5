"""What PyTorch's layers are recorded as, and their multiply-accumulates."""

from collections.abc import Callable
from typing import Any

import pytest

from graphperf.analysis.costs import Gemm, costs_of
from graphperf.analysis.graph import Graph

torch = pytest.importorskip("torch")


@pytest.fixture
def layer(write: Callable) -> Callable[..., Graph]:
    def layer(init: str, call: str, *shape: int, dtype: str = "float32") -> Graph:
        source = (
            f"class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.l = {init}\n"
        )
        return write(f"{source}    def forward(self, x):\n        return {call}\n", inputs=((shape, dtype),)).graph

    return layer


LAYERS = [
    ("nn.Conv1d(4, 8, 3)", (2, 4, 10), ["conv1d"], 2 * 8 * 8 * 4 * 3),
    ("nn.Conv2d(4, 8, 3, groups=2)", (1, 4, 6, 6), ["conv2d"], 8 * 16 * 2 * 9),
    ("nn.Conv3d(2, 4, 3)", (1, 2, 5, 5, 5), ["conv3d"], 4 * 27 * 2 * 27),
    ("nn.ConvTranspose2d(4, 8, 2, stride=2)", (1, 4, 5, 5), ["conv_transpose2d"], 25 * 4 * 8 * 4),
    ("nn.Linear(8, 4)", (2, 8), ["linear"], 64),
    ("nn.Linear(8, 4)", (3, 2, 8), ["linear"], 192),
    ("nn.Linear(8, 4, bias=False)", (2, 3, 5, 8), ["linear"], 2 * 3 * 5 * 32),
    ("nn.BatchNorm2d(4)", (1, 4, 5, 5), ["batch_norm"], 0),
    ("nn.LayerNorm(8)", (2, 8), ["layer_norm"], 0),
    ("nn.GroupNorm(2, 4)", (1, 4, 5, 5), ["group_norm"], 0),
    ("nn.ReLU6()", (2, 8), ["relu6"], 0),
    ("nn.Hardtanh()", (2, 8), ["hardtanh"], 0),
    ("nn.GELU()", (2, 8), ["gelu"], 0),
    ("nn.SiLU(inplace=True)", (2, 8), ["silu"], 0),
    ("nn.Softmax(-1)", (2, 8), ["softmax"], 0),
    ("nn.MaxPool2d(2)", (1, 4, 6, 6), ["max_pool2d"], 0),
    ("nn.AvgPool2d(2)", (1, 4, 6, 6), ["avg_pool2d"], 0),
    ("nn.Upsample(scale_factor=2)", (1, 4, 6, 6), ["upsample_nearest2d"], 0),
    ("nn.PixelShuffle(2)", (1, 4, 6, 6), ["pixel_shuffle"], 0),
    ("nn.Flatten()", (1, 4, 6, 6), [], 0),
    ("nn.LSTM(8, 16, batch_first=True)", (2, 5, 8), ["lstm"], 2 * 5 * 4 * 16 * (8 + 16)),
    ("nn.LSTM(8, 16, 2, bidirectional=True)", (5, 2, 8), ["lstm"], 10 * 2 * 64 * (8 + 16 + 32 + 16)),
    ("nn.GRU(8, 16)", (5, 2, 8), ["gru"], 2 * 5 * 3 * 16 * (8 + 16)),
    ("nn.RNN(8, 16)", (5, 2, 8), ["rnn_tanh"], 2 * 5 * 16 * (8 + 16)),
]


@pytest.mark.parametrize(
    ("init", "inputs", "step", "steps"),
    [
        ("nn.LSTM(8, 16, 2, bidirectional=True)", [8, 8, 32, 32], Gemm(1, 2, 64, 16), 4 * 5),
        ("nn.LSTM(8, 16, proj_size=4)", [8], Gemm(1, 2, 64, 4), 5),
        ("nn.GRU(8, 16, bias=False)", [8], Gemm(1, 2, 48, 16), 5),
    ],
)
def test_the_steps_of_recurrent_layers(layer: Callable, init: str, inputs: list[int], step: Gemm, steps: int) -> None:
    found = [cost.recurrence for cost in costs_of(layer(init, "self.l(x)", 5, 2, 8)) if cost.recurrence is not None]
    assert [(list(each.inputs), each.step, each.steps) for each in found] == [
        ([Gemm(1, 10, step.n, size) for size in inputs], step, steps)
    ]


@pytest.mark.parametrize(("init", "shape", "kinds", "macs"), LAYERS, ids=lambda value: str(value).replace(" ", ""))
def test_layers(layer: Callable, init: str, shape: tuple[int, ...], kinds: list[str], macs: int) -> None:
    graph = layer(init, "self.l(x)", *shape)
    costs = costs_of(graph)
    made_ahead = ("zeros",)  # the initial state of a recurrent layer
    assert [o.kind for o in graph.operators if not o.view and o.kind not in made_ahead] == kinds
    assert sum(cost.macs for cost in costs) == macs
    assert all(cost.modelled for cost in costs)


@pytest.mark.parametrize(
    ("call", "macs"),
    [
        ("x @ x.transpose(-1, -2)", 2 * 5 * 5 * 8),
        ("torch.matmul(x, x.transpose(-1, -2))", 2 * 5 * 5 * 8),
        ("torch.bmm(x, x.transpose(1, 2))", 2 * 5 * 5 * 8),
        ("torch.einsum('bij,bkj->bik', x, x)", 2 * 5 * 5 * 8),
        ("torch.einsum('bij,kj->bik', x, self.l.weight)", 2 * 5 * 8 * 8),
        ("torch.baddbmm(torch.zeros(2, 5, 5), x, x.transpose(1, 2))", 2 * 5 * 5 * 8),
        ("torch.addmm(self.l.bias, x[0], self.l.weight)", 5 * 8 * 8),
        ("x[0] @ self.l.bias", 5 * 8),
        ("torch.dot(x[0, 0], x[0, 1])", 8),
        ("torch.tensordot(x, x, ([2], [2]))", 10 * 10 * 8),
        ("F.linear(x, self.l.weight)", 10 * 8 * 8),
        ("F.conv1d(x, self.l.weight[:, :5, None].expand(8, 5, 3))", 2 * 8 * 6 * 5 * 3),
        ("F.scaled_dot_product_attention(x, x, x)", 2 * 2 * 5 * 5 * 8),
        ("F.scaled_dot_product_attention(x, x[:, :3], x[:, :3], is_causal=False)", 2 * 2 * 5 * 3 * 8),
    ],
)
def test_products_in_every_spelling(layer: Callable, call: str, macs: int) -> None:
    assert sum(cost.macs for cost in costs_of(layer("nn.Linear(8, 8)", call, 2, 5, 8))) == macs


def attention_macs(batch: int, length: int, width: int) -> int:
    return batch * (4 * length * width * width + 2 * length * length * width)


@pytest.mark.parametrize("need_weights", [True, False])
def test_multihead_attention(layer: Callable, need_weights: bool) -> None:
    call = f"self.l(x, x, x, need_weights={need_weights})[0]"
    graph = layer("nn.MultiheadAttention(8, 2, batch_first=True)", call, 3, 5, 8)
    assert sum(cost.macs for cost in costs_of(graph)) == attention_macs(3, 5, 8)
    found = [operator.kind for operator in graph.operators]
    assert ("scaled_dot_product_attention" in found) == (not need_weights)
    assert ("softmax" in found) == need_weights


@pytest.mark.parametrize("norm_first", [True, False])
def test_transformer_encoder_layer(layer: Callable, norm_first: bool) -> None:
    init = f"nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first={norm_first})"
    graph = layer(init, "self.l(x)", 3, 5, 8)
    assert sum(cost.macs for cost in costs_of(graph)) == attention_macs(3, 5, 8) + 3 * 5 * 2 * 8 * 16
    found = [operator.kind for operator in graph.operators]
    assert found.count("scaled_dot_product_attention") == 1
    assert found.count("layer_norm") == 2
    assert found.count("linear") == 4


def test_transformer_encoder_has_a_layer_for_each_layer(layer: Callable) -> None:
    init = "nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 3)"
    graph = layer(init, "self.l(x)", 3, 5, 8)
    assert sum(o.kind == "scaled_dot_product_attention" for o in graph.operators) == 3
    assert sum(cost.macs for cost in costs_of(graph)) == 3 * (attention_macs(3, 5, 8) + 3 * 5 * 2 * 8 * 16)


def test_an_unknown_operator_lowers_the_coverage(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def forward(self, x):
                return torch.special.bessel_j0(x) + x
    """, inputs=(((4, 8), "float32"),))  # fmt: skip
    assert (len(net.graph.operators), net.evaluation.modelled) == (2, 1)
    (cost,) = [cost for cost in net.evaluation.costs if not cost.modelled]
    assert (cost.flops, sum(cost.reads.values()), sum(cost.writes.values())) == (0, 32, 32)


def test_arguments_are_recorded(layer: Callable) -> None:
    (operator,) = layer("nn.Conv2d(4, 8, 3, 2, 1, groups=2)", "self.l(x)", 1, 4, 8, 8).operators
    assert operator.integers("stride") == (2, 2)
    assert operator.integers("padding") == (1, 1)
    assert operator.integers("groups") == (2,)
    assert operator.input("weight") is not None
    assert operator.input("nothing") is None
    assert operator.integers("nothing") == ()


def test_a_recurrent_layer_takes_a_state_made_in_forward(layer: Callable) -> None:
    graph = layer("nn.LSTM(8, 16)", "self.l(x, (torch.zeros(1, 2, 16), torch.zeros(1, 2, 16)))[0]", 5, 2, 8)
    assert [o.kind for o in graph.operators if not o.view] == ["zeros", "zeros", "lstm"]


LAYOUTS = {
    "packed": "q, k, v = x.view(2, 50, 3, 4, 16).permute(2, 0, 3, 1, 4)",
    "heads after positions": "q, k, v = (part.view(2, 50, 4, 16).transpose(1, 2) for part in x.chunk(3, -1))",
    "contiguous": "q, k, v = x.view(3, 2, 4, 50, 16)",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_attention_lays_its_result_out_as_the_real_kernel_does(write: Callable, layout: str) -> None:
    """Then putting the heads together copies where it really copies, and nowhere else."""
    net = write(f"""
        class Net(nn.Module):
            def forward(self, x):
                {LAYOUTS[layout]}
                return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
    """, inputs=(((2, 50, 192), None),))  # fmt: skip
    space: dict[str, Any] = {"x": torch.zeros(2, 50, 192), "__name__": "net"}
    exec(LAYOUTS[layout], space)
    real = torch.nn.functional.scaled_dot_product_attention(space["q"], space["k"], space["v"])
    copies = not torch._C._is_alias_of(real, real.transpose(1, 2).flatten(2))
    graph = net.graph
    (attention,) = [operator for operator in graph.operators if operator.kind == "scaled_dot_product_attention"]
    assert graph.tensors[attention.outputs[0]].strides == real.stride()
    assert any(operator.kind == "clone" for operator in graph.operators) == copies


def test_rms_normalization_is_one_operator(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.norm = nn.RMSNorm(64)

            def forward(self, x):
                return F.rms_norm(self.norm(x), (64,), eps=1e-6)
    """, inputs=(((2, 8, 64), "float32"),))  # fmt: skip
    assert [operator.kind for operator in net.graph.operators if not operator.view] == ["rms_norm", "rms_norm"]
    assert [operator.input_names for operator in net.graph.operators] == [("input", "weight"), ("input",)]
