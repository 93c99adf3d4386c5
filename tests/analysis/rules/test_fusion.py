"""4xx: where the rules about the graph speak, and where they must not."""

import re
from collections.abc import Callable

import pytest

from graphperf.analysis.finding import Finding
from graphperf.analysis.rules import judge
from graphperf.hardware_profiles import Precision


@pytest.fixture
def found(write: Callable) -> Callable[..., list[Finding]]:
    """What one rule says of a class with this `__init__` and `forward`."""

    def found(code: str, forward: str, layers: str = "pass", **options: object) -> list[Finding]:
        net = write(f"""
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    {layers.replace(chr(10), chr(10) + " " * 20)}

                def forward(self, x):
                    {forward.replace(chr(10), chr(10) + " " * 20)}
        """, **options)  # fmt: skip
        assert not net.analysis.problems, net.analysis.problems
        return [finding for finding in judge(net.analysis) if finding.code == code]

    return found


Found = Callable[..., list[Finding]]
ROWS = {"inputs": (((64, 256, 1024), "float32"),)}
IMAGES = {"inputs": (((8, 32, 56, 56), "float32"),)}
ATTENTION = {"inputs": (((8, 8, 512, 64), "float32"),)}


@pytest.mark.parametrize(
    ("spelling", "function"),
    [
        ("x * torch.sigmoid(x)", "silu"),
        ("x / (1 + torch.exp(-x))", "silu"),
        ("0.5 * x * (1.0 + torch.tanh(0.7978845608 * (x + 0.044715 * x ** 3)))", "gelu"),
        ("x * 0.5 * (1.0 + torch.erf(x / 1.41421))", "gelu"),
        ("x * torch.tanh(F.softplus(x))", "mish"),
        ("x * F.relu6(x + 3) / 6", "hardswish"),
        ("(x + 3).clamp(0, 6) / 6", "hardsigmoid"),
        ("torch.log(1 + x.exp())", "softplus"),
    ],
)
def test_an_activation_is_known_however_it_is_spelled(found: Found, spelling: str, function: str) -> None:
    (finding,) = found("GP404", f"return {spelling}", **ROWS)
    assert f": {function} written out as" in finding.message
    assert f"F.{function}" in finding.message


@pytest.mark.parametrize(
    "forward",
    [
        "return x * torch.sigmoid(1.702 * x)",  # no function of PyTorch
        "return x * torch.sigmoid(x.flip(0))",  # a gate: two different tensors
        "s = torch.sigmoid(x)\nreturn x * s, s",  # the sigmoid is returned
        "return x * torch.sigmoid(x.mean(-1, keepdim=True))",
        "return F.silu(x)",
    ],
)
def test_what_only_looks_like_an_activation(found: Found, forward: str) -> None:
    assert found("GP404", forward, **ROWS) == []


def test_a_compiler_fuses_what_is_written_out(found: Found) -> None:
    assert found("GP404", "return x * torch.sigmoid(x)", mode="compiled", **ROWS) == []


@pytest.mark.parametrize(
    ("forward", "name"),
    [
        ("return (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5)", "layer"),
        ("m = x.mean(-1, keepdim=True)\nv = ((x - m) ** 2).mean(-1, keepdim=True)\nreturn (x - m) / (v + 1e-6).sqrt()",
         "layer"),
        ("return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6)", "RMS"),
        ("return x / torch.sqrt((x ** 2).sum(-1)[..., None] / 1024)", "RMS"),
    ],
)  # fmt: skip
def test_a_norm_is_known_however_it_is_spelled(found: Found, forward: str, name: str) -> None:
    (finding,) = found("GP411", forward, **ROWS)
    assert f": {name} norm written out as" in finding.message


@pytest.mark.parametrize(
    "forward",
    [
        "return (x - x.mean(1, keepdim=True)) / torch.sqrt(x.var(1, keepdim=True, unbiased=False) + 1e-5)",  # not rows
        "return x - x.mean(-1, keepdim=True)",
        "return x / (x.abs().sum(-1, keepdim=True) + 1e-6)",
        "return F.rms_norm(x, (1024,))",
    ],
)
def test_what_is_no_norm_of_rows(found: Found, forward: str) -> None:
    assert found("GP411", forward, **ROWS) == []


def test_scale_and_shift_belong_to_the_norm(found: Found) -> None:
    weights = "self.w = nn.Parameter(torch.ones(1024))\nself.b = nn.Parameter(torch.ones(1024))"
    normed = "(x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-5)"
    (finding,) = found("GP411", f"return self.w * ({normed}) + self.b", weights, **ROWS)
    assert "written out as 7 operators" in finding.message


def test_a_bias_that_others_read_stays(found: Found) -> None:
    layers = "self.conv = nn.Conv2d(32, 32, 1)\nself.norm = nn.BatchNorm2d(32)"
    assert len(found("GP401", "return self.norm(self.conv(x))", layers, **IMAGES)) == 1
    assert found("GP401", "y = self.conv(x)\nreturn self.norm(y) + y", layers, **IMAGES) == []
    assert found("GP401", "return self.conv(self.norm(self.conv(x)))", layers, **IMAGES) == []
    assert found("GP401", "return self.norm(self.conv(x).relu())", layers, **IMAGES) == []


def test_a_bias_is_a_hint_about_parameters(found: Found) -> None:
    layers = "self.body = nn.Sequential(*[nn.Sequential(nn.Conv2d(32, 32, 1), nn.BatchNorm2d(32)) for _ in range(3)])"
    (finding,) = found("GP401", "return self.body(x)", layers, **IMAGES)
    assert finding.severity == "hint"
    assert "and 2 more from this line" in finding.message
    assert "96 parameters fewer" in finding.message


def test_attention_that_needs_its_scores(found: Found) -> None:
    scores = "x = x.relu()\na = (x @ x.transpose(-2, -1) / 8).softmax(-1)"
    assert len(found("GP402", f"{scores}\nreturn a @ x", **ATTENTION)) == 1
    assert found("GP402", f"{scores}\nreturn a @ x, a", **ATTENTION) == []
    assert found("GP402", f"{scores.replace('softmax(-1)', 'softmax(-2)')}\nreturn a @ x", **ATTENTION) == []


def test_attention_of_one_head(found: Found) -> None:
    forward = "x = x.relu()\nreturn (x @ x.transpose(1, 2) / 8).softmax(2) @ x"
    one_head = {"inputs": (((4, 512, 64), "float32"),)}
    (finding,) = found("GP402", forward, **one_head)
    assert "4×512×512" in finding.message
    assert found("GP402", forward.replace("softmax(2)", "softmax(1)"), **one_head) == []
    assert found("GP402", forward.replace("transpose(1, 2)", "transpose(1, 2).abs()"), **one_head) == []


def test_a_compiler_that_replaces_attention_leaves_nothing_to_say(found: Found) -> None:
    forward = "x = x.relu()\nreturn (x @ x.transpose(-2, -1) / 8).softmax(-1) @ x"
    half = {"precision": Precision.FP16, **ATTENTION}
    assert len(found("GP402", forward, **half)) == 1
    assert found("GP402", forward, mode="compiled", **half) == []


QKV = "self.q = nn.Linear(1024, 1024)\nself.k = nn.Linear(1024, 1024)"
SHORT = {"inputs": (((1, 64, 1024), "float32"),)}


def test_projections_that_meet_in_a_product(found: Found) -> None:
    (finding,) = found("GP403", "return self.q(x) @ self.k(x).transpose(-2, -1)", QKV, **SHORT)
    assert "2048 outputs" in finding.message
    assert [related.message for related in finding.related] == ["k reads the same tensor"]


@pytest.mark.parametrize(
    "forward",
    [
        "return self.q(x) * self.k(x)",  # a gate
        "return self.q(x), self.k(x)",  # two heads
        "return self.q(x) @ self.k(x + 1).transpose(-2, -1)",  # two tensors
        "return self.q(x) @ self.q(x).transpose(-2, -1)",  # one weight
    ],
)
def test_linear_layers_that_are_no_projections_of_one_tensor(found: Found, forward: str) -> None:
    assert found("GP403", forward, QKV, **SHORT) == []


def test_projections_that_fill_the_device_alone_gain_nothing(found: Found) -> None:
    forward = "return self.q(x) @ self.k(x).transpose(-2, -1)"
    assert found("GP403", forward, QKV, inputs=(((64, 512, 1024), "float32"),)) == []


SIDE = "self.a = nn.Conv2d(32, 32, 3)\nself.b = nn.Conv2d(32, 32, 3)"


def test_a_result_that_is_overwritten_is_unused(found: Found) -> None:
    (finding,) = found("GP406", "y = self.a(x)\ny = self.b(x)\nreturn y.relu()", SIDE, **IMAGES)
    assert finding.message.startswith("a (conv2d): the result reaches no output")


@pytest.mark.parametrize(
    "forward",
    [
        "self.kept = self.a(x)\nreturn self.b(x)",
        "self.features = []\nself.features.append(self.a(x))\nreturn self.b(x)",
        "y = self.a(x)\nz = self.b(x)\nz.add_(y[:, :, :1, :1])\nreturn z",
        "x += self.a(F.pad(x, (1, 1, 1, 1)))\nreturn self.b(torch.ones(1, 32, 8, 8))",  # what the caller gave changes
        "if self.a(x).sum() > 0:\n    pass\nreturn self.b(x)",
        "n = x[x > 0].numel()\nreturn self.b(x) * n",
        "return F.max_pool2d(self.a(x), 2)",  # its indices are a second result
    ],
)
def test_what_is_used_in_other_ways(found: Found, forward: str) -> None:
    assert found("GP406", forward, SIDE, **IMAGES) == []


def test_a_compiler_leaves_out_what_is_unused(found: Found) -> None:
    assert found("GP406", "y = self.a(x)\ny = self.b(x)\nreturn y.relu()", SIDE, mode="compiled", **IMAGES) == []


def test_the_same_work_twice(found: Found) -> None:
    (finding,) = found("GP407", "return self.a(x) + self.b(x) + self.a(x)", SIDE, **IMAGES)
    assert finding.message.startswith("a#2 (conv2d): a has this result already")


@pytest.mark.parametrize(
    "forward",
    [
        "return self.a(x) + self.b(x)",  # other weights
        "y = self.a(x)\nx = x + 1\nreturn y + self.a(x)",
        "y = self.a(x)\nx.mul_(2)\nreturn y + self.a(x)",  # written in place between
        "return self.a(x).relu_() + self.a(x)",
        "return torch.rand_like(x) + torch.rand_like(x)",
        "l, r = x.chunk(2, 1)\nreturn l.exp() + r.exp()",  # other parts of one tensor
    ],
)
def test_what_is_not_the_same_work(found: Found, forward: str) -> None:
    assert found("GP407", forward, SIDE, **IMAGES) == []


def test_weights_that_a_hook_makes_anew_for_each_call(found: Found) -> None:
    layers = "self.a = nn.utils.parametrizations.weight_norm(nn.Linear(1024, 1024))"
    few: dict = {"inputs": (((16, 1024), "float32"),)}
    assert found("GP407", "return self.a(x + 1) + self.a(x)", layers, **few) == []
    (finding,) = found("GP407", "return self.a(x) + self.a(x)", layers, **few)
    assert re.match(r"a#2 \(\w+\): a has this result already", finding.message)


def test_norms_that_do_not_fold_or_are_folded(found: Found) -> None:
    layers = "self.conv = nn.Conv2d(32, 32, 1)\nself.norm = nn.BatchNorm2d(32)"
    assert len(found("GP408", "return self.norm(self.conv(x))", layers, **IMAGES)) == 1
    assert found("GP408", "return self.norm(self.conv(x))", layers, mode="ideal", **IMAGES) == []
    assert found("GP408", "return self.conv(self.norm(x))", layers, **IMAGES) == []


def test_a_softmax_that_others_read_too(found: Found) -> None:
    assert len(found("GP409", "return x.softmax(-1).log()", **ROWS)) == 1
    assert found("GP409", "p = x.softmax(-1)\nreturn p, p.log()", **ROWS) == []
    assert found("GP409", "return (x.softmax(-1) + 1e-9).log()", **ROWS) == []


PRODUCT = "self.w = nn.Parameter(torch.ones(1024, 512))\nself.b = nn.Parameter(torch.ones(512))"


@pytest.mark.parametrize(
    "forward",
    [
        "return (x @ self.w).relu() + self.b",
        "y = x @ self.w\nreturn y + self.b, y",
        "return x @ self.w + x[..., :512]",  # a residual
        "return F.linear(x, self.w.t(), self.b)",
        "return F.linear(x.transpose(0, 1), self.w.t(), self.b)",  # PyTorch itself adds it apart
    ],
)
def test_what_is_no_bias_of_a_product(found: Found, forward: str) -> None:
    assert len(found("GP410", "return x @ self.w + self.b", PRODUCT, **ROWS)) == 1
    assert found("GP410", forward, PRODUCT, **ROWS) == []
