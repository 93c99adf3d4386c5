"""Code that looks like what a fix is for, where the fix would change what the model does or would not pay: none is offered."""

from pathlib import Path

import pytest

from graphperf.analysis.capture import PoolCapturer

from .prepared import CASES, found, session

pytestmark = pytest.mark.slow

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
ATTENTION = (
    HEAD
    + """# graphperf: input=(2, 4, 64, 32)
class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = 0.125

    def forward(self, x):
        q, k, v = x, x.relu(), x.sigmoid()
        scores = q @ k.transpose(-2, -1) * self.scale
        weights = scores.softmax(-1)  # here
        return weights @ v
"""
)
SWISH = (
    HEAD
    + """# graphperf: input=(64, 32, 56, 56)
class Swish(nn.Module):
    def forward(self, x):
        gate = torch.sigmoid(x)  # here
        return x * gate
"""
)
NORM = (
    HEAD
    + """# graphperf: input=(8, 128, 256)
class Norm(nn.Module):
    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        var = x.var(-1, keepdim=True, unbiased=False)  # here
        return (x - mean) / torch.sqrt(var + 1e-5)
"""
)
LOGARITHM = (
    HEAD
    + """# graphperf: input=(256, 512)
class Head(nn.Module):
    def forward(self, x):
        p = x.softmax(dim=-1)
        return torch.log(p)  # here
"""
)
LINEAR = (
    HEAD
    + """# graphperf: input=(256, 512)
class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(512, 512))
        self.bias = nn.Parameter(torch.randn(512))

    def forward(self, x):
        return x @ self.weight + self.bias  # here
"""
)
REPEAT = (
    HEAD
    + """# graphperf: input=(64, 196, 192)
class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.positions = nn.Parameter(torch.randn(1, 196, 192))

    def forward(self, x):
        positions = self.positions.repeat(x.shape[0], 1, 1)  # here
        return x + positions
"""
)
TWICE = (
    HEAD
    + """# graphperf: input=(8, 64, 56, 56)
class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(64, 64, 3, padding=1)

    def forward(self, x):
        first = self.conv(x)
        second = self.conv(x)  # here
        return first * second.sigmoid()
"""
)
COPY = (
    HEAD
    + """# graphperf: input=(8, 64, 56, 56)
class Copy(nn.Module):
    def forward(self, x):
        y = x.permute(0, 2, 3, 1).contiguous()  # here
        return y.mean(dim=(1, 2))
"""
)
BASES = {
    "GP402": ATTENTION, "GP404": SWISH, "GP411": NORM, "GP409": LOGARITHM, "GP410": LINEAR, "GP102": REPEAT,
    "GP407": TWICE, "GP105": COPY,
}  # fmt: skip
# Code of the rule, what is written in the file, and what stands there in its place.
CHANGES = {
    "the scores are returned": ("GP402", "return weights @ v", "return weights @ v, scores"),
    "the weights are returned": ("GP402", "return weights @ v", "return weights @ v, weights"),
    "the weights are kept": ("GP402", "return weights", "self.seen = weights\n        return weights"),
    "masked after the softmax": ("GP402", "return weights", "weights = weights * (weights > 0.1)\n        return weights"),
    "over queries": ("GP402", "softmax(-1)", "softmax(-2)"),
    "a scale that is learned": ("GP402", "self.scale = 0.125", "self.scale = nn.Parameter(torch.ones(4, 1, 1))"),
    "a scale that is a tensor": ("GP402", "self.scale = 0.125", "self.scale = torch.tensor(0.125)"),
    "a query that is another one by then": ("GP402", "weights =", "q = q + 1\n        scores += q[..., :1]\n        weights ="),
    "values that are written in place": ("GP402", "weights = ", "v.mul_(scores.mean())\n        weights = "),
    "scores that a loop changes": ("GP402", "weights =", "for _ in range(2):\n            scores *= 2\n        weights ="),
    "mask before the scale": ("GP402", "q @ k.transpose(-2, -1) *", "(q @ k.transpose(-2, -1) + v[..., :1]) *"),
    "a gate that is sharper": ("GP404", "torch.sigmoid(x)", "torch.sigmoid(1.702 * x)"),
    "a gate of something else": ("GP404", "torch.sigmoid(x)", "torch.sigmoid(x.relu())"),
    "an input that is another one by then": ("GP404", "return", "x = x + 1\n        return"),
    "a gate that is written in place": ("GP404", "return", "gate.add_(1)\n        return"),
    "a gate that is returned": ("GP404", "return x * gate", "return x * gate, gate"),
    "a gate under a condition": ("GP404", "return", "if x is not None:\n            gate = gate + 1\n        return"),
    "the deviation of a sample": ("GP411", ", unbiased=False", ""),
    "a variance over another dimension": ("GP411", "x.var(-1", "x.var(-2"),
    "a small number outside of the root": ("GP411", "torch.sqrt(var + 1e-5)", "(torch.sqrt(var) + 1e-5)"),
    "a mean that is returned": ("GP411", "return (x - mean) / torch.sqrt(var + 1e-5)", "return x - mean, mean"),
    "a logarithm of more": ("GP409", "torch.log(p)", "torch.log(p + 1e-9)"),
    "probabilities that are returned": ("GP409", "return torch.log(p)", "return torch.log(p), p"),
    "a residual": ("GP410", "+ self.bias", "+ x"),
    "no dimension of size 1": ("GP102", "self.positions.repeat(x.shape[0]", "torch.cat([self.positions] * 2).repeat(32"),
    "a copy that is written": ("GP102", "return", "positions[0] = 0\n        return"),
    "a layer with a state": ("GP407", "nn.Conv2d(64, 64, 3, padding=1)", "nn.BatchNorm2d(64)"),
    "another input by then": ("GP407", "second =", "x = x + 1\n        second ="),
    "a result that is written in place": ("GP407", "second =", "first.add_(1)\n        second ="),
    "a copy of it that is written": ("GP407", "return", "second += 1\n        return"),
    "a view needs the copy": ("GP105", "y.mean(dim=(1, 2))", "y.view(8, -1)"),
    "a copy that is written to": ("GP105", "return", "y[0] = 0\n        return"),
}  # fmt: skip


def _offers(code: str, text: str, path: Path, capturer: PoolCapturer, **options: object) -> list[str]:
    return [offer.title for offer in found(code, "# here", text, session(path, capturer, **options))]


@pytest.mark.parametrize("code", BASES)
def test_what_the_others_differ_from_has_a_fix(code: str, tmp_path: Path, capturer: PoolCapturer) -> None:
    assert len(_offers(code, BASES[code], tmp_path / "model.py", capturer)) == 1


@pytest.mark.parametrize("what", CHANGES)
def test_none_where_it_would_be_wrong(what: str, tmp_path: Path, capturer: PoolCapturer) -> None:
    code, old, new = CHANGES[what]
    assert BASES[code].count(old) == 1
    assert _offers(code, BASES[code].replace(old, new), tmp_path / "model.py", capturer) == []


@pytest.mark.parametrize("code", ["GP404", "GP409", "GP102"])
def test_none_where_a_compiler_does_it_anyway(code: str, tmp_path: Path, capturer: PoolCapturer) -> None:
    assert _offers(code, BASES[code], tmp_path / "model.py", capturer, mode="compiled") == []


def test_none_without_a_bias_to_leave_out(capturer: PoolCapturer) -> None:
    case = next(case for case in CASES if case.name == "resnet_block_bias")
    assert found("GP401", "self.conv2 = ", case.before.read_text("utf-8"), session(case.before, capturer)) == []
