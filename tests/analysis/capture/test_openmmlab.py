"""Models that take their layers from mmcv and mmengine, where these are not installed."""

from collections.abc import Callable, Sequence

import pytest

pytestmark = pytest.mark.slow

NET = """
{top}

class Net({base}):
    def __init__(self, norm_cfg=dict(type='BN', requires_grad=True)):
        super().__init__()
{init}

    def forward(self, x):
        return {result}
"""
LAYER = "self.layer = nn.Conv2d(3, 8, 3)"
MODELS: dict[str, tuple[str, str, str, Sequence[str]]] = {
    "convolution, norm and activation": (
        "from mmcv.cnn import ConvModule",
        "self.layer = ConvModule(3, 8, 3, padding=1, norm_cfg=norm_cfg)", "self.layer(x)",
        ["conv2d", "batch_norm", "relu"],
    ),
    "bias without a norm": (
        "import mmcv.cnn as cnn",
        "self.layer = cnn.ConvModule(3, 8, 3, act_cfg=None)\nassert self.layer.conv.bias is not None", "self.layer(x)",
        ["conv2d"],
    ),
    "activation before": (
        "from mmengine.model import BaseModule\nfrom mmcv.cnn import ConvModule",
        "self.layer = ConvModule(3, 8, 1, act_cfg=dict(type='LeakyReLU', negative_slope=0.1), order=('act', 'conv', 'norm'))",
        "self.layer(x)",
        ["leaky_relu", "conv2d"],
    ),
    "builders": (
        "from mmcv.cnn import build_conv_layer, build_norm_layer, build_activation_layer, kaiming_init",
        "self.conv = build_conv_layer(dict(type='Conv2d'), 3, 16, 3, padding=1, bias=False)\n"
        "self.name, norm = build_norm_layer(dict(type='GN', num_groups=4), 16, postfix=1)\nself.add_module(self.name, norm)\n"
        "self.act = build_activation_layer(dict(type='Swish'))\nkaiming_init(self.conv)\nassert self.name == 'gn1'",
        "self.act(self.gn1(self.conv(x)))",
        ["conv2d", "group_norm", "silu"],
    ),
    "depthwise": (
        "from mmcv.cnn import DepthwiseSeparableConvModule",
        "self.layer = DepthwiseSeparableConvModule(3, 8, 3, padding=1, norm_cfg=norm_cfg)", "self.layer(x)",
        ["conv2d", "batch_norm", "relu"] * 2,
    ),
    "feed-forward": (
        "from mmcv.cnn.bricks.transformer import FFN",
        "self.layer = FFN(16, 32, act_cfg=dict(type='GELU'), dropout_layer=dict(type='DropPath', drop_prob=0.1))",
        "self.layer(x)",
        ["linear", "gelu", "linear", "add"],
    ),
    "registry": (
        "from mmcv.utils import Registry\nNECKS = Registry('necks')\n@NECKS.register_module()\nclass Neck(nn.Conv2d):\n    pass",
        "self.layer = NECKS.build(dict(type='Neck', in_channels=3, out_channels=8, kernel_size=1))", "self.layer(x)",
        ["conv2d"],
    ),
    "layers of the registry": (
        "from mmengine.registry import Registry, MODELS as ALL\nMODELS = Registry('model', parent=ALL, locations=['net'])",
        "norm, act = MODELS.get('LN'), MODELS.get('Swish')\nassert MODELS.get('Unknown') is None\n"
        "self.norm, self.act = norm(8), act()", "self.act(self.norm(x))",
        ["layer_norm", "silu"],
    ),
    "versions": (
        "from mmengine.utils import digit_version\nimport torch\nassert digit_version(torch.__version__) > digit_version('1.13')",
        LAYER, "self.layer(x)",
        ["conv2d"],
    ),
    "what a version asks for": (
        "import mmcv\nassert mmcv.__version__\nfrom mmcv.runner import auto_fp16, load_checkpoint",
        LAYER, "self.layer(x)",
        ["conv2d"],
    ),
}  # fmt: skip


def net(name: str, base: str = "nn.Module") -> str:
    top, init, result, _ = MODELS[name]
    lines = "\n".join(f"        {line}" for line in init.split("\n"))
    return NET.format(top=top, init=lines, result=result, base=base)


@pytest.mark.parametrize("name", MODELS)
def test_layers_are_made_as_described(write: Callable, name: str) -> None:
    graph = write(net(name)).graph
    assert [operator.kind for operator in graph.operators if not operator.view] == MODELS[name][-1]


@pytest.mark.parametrize("base", ["BaseModule", "Sequential"])
def test_classes_to_inherit_from(write: Callable, base: str) -> None:
    text = net("what a version asks for", base).replace(
        "import mmcv\n", f"import mmcv\nfrom mmcv.runner import {base}\n"
    )
    graph = write(text).graph
    assert [operator.kind for operator in graph.operators] == ["conv2d"]
    assert any(f"{base} is not installed: taken as its documentation has it" in words for words in graph.assumptions)


def test_what_is_compiled_has_no_stand_in(write: Callable) -> None:
    text = net("convolution, norm and activation").replace(
        "from mmcv.cnn import ConvModule", "from mmcv.ops import DeformConv2d as ConvModule"
    )
    (problem,) = write(text).analysis.problems
    assert (problem.stage, "No module named 'mmcv'" in problem.message) == ("import", True)
