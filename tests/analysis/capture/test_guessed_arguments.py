# ruff: noqa: E501 (a model on one line)
"""Constructor arguments nobody stated: from calls in the file, from names, annotations and use, corrected after errors."""

from collections.abc import Callable
from pathlib import Path

import pytest


def net(parameters: str, init: str, forward: str = "return self.a(x)") -> str:
    body = "\n        ".join(init.splitlines())
    return f"""
class Net(nn.Module):
    def __init__(self, {parameters}):
        super().__init__()
        {body}

    def forward(self, x):
        {forward}
"""


GUESSED = {
    "dimension and heads": ("dim, num_heads", "assert dim % num_heads == 0\nself.a = nn.MultiheadAttention(dim, num_heads)", "return self.a(x, x, x)"),
    "channels": ("in_channels, out_channels, kernel_size, stride", "self.a = nn.Conv2d(in_channels, out_channels, kernel_size, stride)", ""),
    "classes": ("num_classes: int", "self.a = nn.Linear(16, num_classes)", ""),
    "activation class": ("dim, act_layer", "self.a = nn.Sequential(nn.Linear(dim, dim), act_layer())", ""),
    "activation": ("dim, act", "self.b, self.act = nn.Linear(dim, dim), act", "return self.act(self.b(x))"),
    "norm": ("dim, norm_layer", "self.a = nn.Sequential(nn.Linear(dim, dim), norm_layer(dim))", ""),
    "norm after a convolution": ("dim, norm_layer", "self.a = nn.Sequential(nn.Conv2d(dim, dim, 1), norm_layer(dim))", ""),
    "list": ("dims", "self.a = nn.Sequential(*[nn.Linear(a, b) for a, b in zip(dims, dims[1:])])", ""),
    "unpacked": ("sizes", "a, b, c = sizes\nself.a = nn.Linear(a, b + c)", ""),
    "option": ("dim, mode", "if mode not in ('fast', 'slow'): raise ValueError(mode)\nself.a = nn.Linear(dim, dim)", ""),
    "compared": ("dim, kind", "assert kind == 'plain'\nself.a = nn.Linear(dim, dim)", ""),
    "compared in forward": ("dim, layer_type", "self.kind = layer_type\nself.a = nn.Linear(dim, dim)", "assert self.kind in ('none', 'half')\n        return self.a(x)"),
    "wrapped": ("dim, fn", "self.norm, self.fn = nn.LayerNorm(dim), fn", "return self.fn(self.norm(x))"),
    "config": ("config", "self.a = nn.Linear(config.hidden_size, config.num_labels)", ""),
    "dictionary config": ("cfg", "self.a = nn.Linear(cfg['dim'], cfg['num_classes'])", ""),
    "optional that is needed": ("dim=None", "self.a = nn.Linear(dim * 2, 8)", ""),
    "keyword only": ("*, width", "self.a = nn.Linear(width, width)", ""),
    "ratio": ("dim, ratio", "assert 0 < ratio < 1\nself.a = nn.Linear(dim, int(dim * ratio))", ""),
    "divisible": ("dim, groups", "assert dim % groups == 0 and groups > 1, 'dim must be divisible by groups'\nself.a = nn.Linear(dim, dim)", ""),
    "divisible in the last of several": ("dim, dims, context_dim", "self.a = nn.Linear(dim + dims[0], dim)\nself.b = nn.GroupNorm(8, context_dim // 32)", ""),
    "a residual that says the width": ("in_planes, planes", "self.a = nn.Conv2d(in_planes, planes, 1)\nself.b = nn.Conv2d(planes, planes * 4, 1)", "return self.b(self.a(x)) + x"),
    "a number compared later": ("num_layers", "self.num_layers = num_layers\nassert num_layers > 0\nself.a = nn.Linear(8, 8)", "return [self.a(x) for _ in range(self.num_layers - 1)]"),
    "lists of lists": ("upsample_rates, resblock_dilation_sizes", "self.a = nn.Linear(len(upsample_rates), sum(d[0] for d in resblock_dilation_sizes))", ""),
    "keyword that is read": ("**kwargs", "self.a = nn.Linear(8, kwargs['num_classes'])", ""),
    "key of a table": ("depth", "self.a = nn.Linear(8, {18: 2, 34: 3}[depth])", ""),
    "ratio of an expansion": ("dim, mlp_ratio", "self.a = nn.Conv2d(dim, int(dim * mlp_ratio), 1, groups=dim)", ""),
    "no weights": ("dim, pretrained_base=True", "if pretrained_base: open('/weights.pth', 'w')\nself.a = nn.Linear(dim, dim)", ""),
    "negated later": ("chomp_size", "self.chomp_size = chomp_size\nself.a = nn.Linear(8, 8)", "return self.a(x)[:, : -self.chomp_size]"),
    "divisible by what the message says": ("dim, heads=6", "if dim % heads: raise ValueError(f'dim must be divisible by heads, but got {dim} and {heads}')\nself.a = nn.Linear(dim, dim)", ""),
    "an assertion without words": ("dim, hops", "assert isinstance(hops, list)\nself.a = nn.Linear(dim, len(hops))", ""),
    "a number named as a configuration": ("h", "self.a = nn.Linear(h // 4, 8)", ""),
    "spaces": ("observation_space, action_space", "self.a = nn.Linear(observation_space.shape[0], action_space.shape[0])", ""),
    "stored with an annotation": ("dataset", "self.dataset: object = dataset\nself.a = nn.Linear(self.dataset.n_users, 8)", ""),
    "size of actions": ("obs_dim, act_dim", "self.a = nn.Sequential(*[nn.Linear(*sizes) for sizes in [[obs_dim, act_dim]]])", ""),
    "layers that are None": ("dim, act=None, conv=nn.Conv2d", "self.act = act\nself.a = conv(dim, dim)", "return self.a(self.act(x))"),
    "described as in OpenMMLab": ("dim, conv_cfg, norm_cfg", "assert conv_cfg is None or isinstance(conv_cfg, dict)\nself.a = {'BN': nn.BatchNorm2d}[norm_cfg['type']](dim)", ""),
    "a number by an assertion": ("in_channels, kind=None", "if kind: sum(in_channels)\nelse:\n    assert isinstance(in_channels, int)\nself.a = nn.Linear(in_channels, 8)", ""),
    "an item that a list must have": ("labels: list", "self.blank = labels.index('_')\nself.a = nn.Linear(8, len(labels))", ""),
    "what forward reckons with": ("size=None, scale_factor=None", "self.size, self.scale_factor = size, scale_factor", "return nn.functional.interpolate(x, self.size or [int(n * self.scale_factor) for n in x.shape[2:]])"),
    "what forward takes apart": ("input_resolution, dim", "self.size, self.a = input_resolution, nn.Linear(4 * dim, dim)\nself.input_resolution = input_resolution", "h, w = self.input_resolution\n        assert x.shape[1] == h * w\n        return self.a(torch.cat([x] * 4, 2))"),
    "a layer of two results": ("dim, attention", "self.attention = attention\nself.a = nn.Linear(dim, dim)", "y, scores = self.attention(x, x)\n        return self.a(y)"),
    "pairs of sizes": ("resolutions", "self.a = nn.Sequential(*[nn.Linear(a, b) for a, b in resolutions])", ""),
    "two that are called": ("f, g", "self.f, self.g = f, g\nself.a = nn.Linear(8, 8)", "return self.a(self.f(x)) + self.g(x)"),
    "defaults under a configuration": ("config", "self.config = {'width': 6, 'depth': 2, **config}\nself.a = nn.Linear(8, self.config['width'])", ""),
    "what a configuration is compared with, one after the other": ("config", "if config['kind'] == 'wide': n = 8\nelif config['kind'] == 'deep': n = 4\nelse: raise ValueError(config['kind'] + 'unknown')\nself.a = nn.Linear(8, n)", ""),
    "a key of a table that a configuration has": ("config", "self.a = nn.Linear(8, dict(small=2, large=4)[config.scale])", ""),
    "a setting that must not be given": ("config", "given = config.preset is not None\nassert given != (config.width is not None)\nself.a = nn.Linear(8, 8)", ""),
    "numbers in a tensor": ("config", "self.a = nn.Linear(8, 8)\nself.b = torch.tensor([config.far, config.near])", ""),
    "settings that are taken out": ("config", "self.a = nn.Linear(8, config.pop('width'))", ""),
    "texts of a configuration": ("config", "assert not config.widths.replace('x', '')\nself.a = nn.Linear(8, 8)", ""),
    "what wraps a layer": ("dim, norm_layer", "self.a = norm_layer(nn.Conv2d(dim, dim, 1))", ""),
    "shapes": ("s_shapes", "self.a = nn.Sequential(*[nn.Conv2d(64, s[1], 1) for s in s_shapes])\nself.b = s_shapes[0][2]", ""),
    "a layer with weights": ("module", "self.a = module\nmodule.bias.data.fill_(0)", ""),
    "a network with parameters": ("net", "self.a, self.device = net, next(net.parameters()).device", ""),
    "layers by key": ("backbone", "self.a, self.b = backbone['backbone'], nn.Linear(backbone['dim'], 8)", "return self.b(self.a(x))"),
    "what a layer makes of it": ("dim, kernel_dim", "self.a, self.b = nn.Conv1d(8, 24, 1), nn.Conv1d(dim, kernel_dim, 1)", "return self.b(self.a(x))"),
    "a local name for what is compared": ("config", "kind = config.kind\nif kind == 'wide': n = 8\nelif kind == 'deep': n = 4\nelse: raise ValueError('unknown kind')\nself.a = nn.Linear(8, n)", ""),
    "lists that an assertion names": ("indices", "assert indices in [[0, 1, 2], [2]]\nself.a = nn.Linear(8, sum(indices) + 1)", ""),
    "parts of what is called like a switch": ("config", "assert config.training.continuous_rate > 0\nself.a = nn.Linear(8, 8)", ""),
    "an axis": ("dim", "self.dim, self.a = dim, nn.Linear(8, 8)", "return self.a(x).sum(self.dim)"),
    "a mapping that is empty by default": ("opt={}", "opt['some_part']['depth'] = 2\nself.a = nn.Linear(opt['width'], opt['some_part']['depth'])", ""),
    "a size that was guessed a pair": ("output_size", "self.a = nn.Linear(8, output_size)", ""),
    "a list in place of a number by default": ("dim, kernels=1", "self.a = nn.Sequential(*[nn.Linear(dim, dim) for _ in range(len(kernels))])", ""),
    "a layer at a place": ("net", "self.net = net", "return list(self.net.children())[-2](x[..., None, None] if x.dim() == 2 else x)"),
    "pairs of layers": ("layers", "self.layers = layers", "for (f, g), scale in zip(self.layers, [1, 2, 3, 4]):\n            x = x + f(x) + g(x) * scale\n        return x"),
    "a tensor": ("tensor", "self.tensor = tensor", "return x @ self.tensor"),
    "keywords": ("dim, head_kwargs", "self.a = nn.Linear(dim, dim, **head_kwargs)", ""),
    "any": ("*args, **kwargs", "self.a = nn.Linear(8, 8)", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", GUESSED)
def test_arguments_are_guessed(write: Callable, name: str) -> None:
    parameters, init, forward = GUESSED[name]
    (result,) = write(net(parameters, init, forward or "return self.a(x)")).analysis.results
    assert result.constructed.startswith("assumed ") or name == "any"


def test_what_only_a_parent_names_goes_by_position(write: Callable) -> None:
    child = """
class Child(Net):
    def __init__(self, *args):
        super().__init__(*args, scale=2)
"""
    text = net("dim, heads, scale=1", "self.a = nn.Linear(dim * scale, heads)")
    results = {r.target.rpartition("::")[2]: r for r in write(text + child).analysis.results}
    assert results["Child"].constructed == "assumed dim=64, heads=8"


@pytest.mark.parametrize("annotation", ["Union[Small, Large]", "'Union[Small, Large]'", "Optional[Small]"])
def test_a_configuration_of_a_union_is_the_first(write: Callable, annotation: str) -> None:
    head = """
from typing import Optional, Union
class Other:
    depth = 1
class OtherConfig(Other):
    pass
class Small:
    width = 24
class Large:
    width = 48
"""
    (result,) = write(head + net(f"config: {annotation}", "self.a = nn.Linear(config.width, 8)")).analysis.results
    assert result.constructed == "assumed config=Small()"


def test_a_dictionary_with_attributes_gets_the_keys_that_it_lacks(write: Callable) -> None:
    head = """
class AttrDict(dict):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.__dict__ = self
"""
    (result,) = write(head + net("h: AttrDict", "self.a = nn.Linear(h['hidden_size'], h.depth)")).analysis.results
    assert result.constructed == "assumed h=AttrDict(hidden_size=64, depth=2)"


@pytest.mark.parametrize(
    ("taken", "more"),
    [
        ("y, _ = self.mix(x)", []),
        ("y = self.mix(x)[0]", []),
        ("y = self.mix(x)[:1]", ["slice"]),
        ("y = nn.Sequential(self.mix, self.a)(x)[0]", ["linear", "select"]),
    ],
)
def test_what_stands_for_a_layer_has_as_many_results_as_are_taken(write: Callable, taken: str, more: list[str]) -> None:
    source = net("mix: nn.Module", "self.mix = mix\nself.a = nn.Linear(8, 8)", f"{taken}\n        return self.a(y)")
    written = write(source)
    assert written.analysis.results[0].constructed == "assumed mix=Passthrough()"
    assert [o.kind for o in written.graph.operators if o.kind != "identity"] == [*more, "linear"]
    assert [tuple(given.shape)[-1] for given in written.graph.inputs] == [8]


def test_the_guess_is_shown(write: Callable) -> None:
    (result,) = write(net("dim, num_heads, dropout: float", "self.a = nn.Linear(dim, dim)")).analysis.results
    assert result.constructed == "assumed dim=64, num_heads=8, dropout=0.0"


def test_a_class_gets_the_arguments_that_it_lacks(write: Callable) -> None:
    (result,) = write(net("dim, conv=nn.Conv2d", "self.a = conv(dim, dim)")).analysis.results
    assert result.constructed == "assumed dim=64, conv=partial(nn.Conv2d, kernel_size=3, padding=1)"


def test_a_size_that_a_configuration_leaves_for_later_is_filled_in(write: Callable) -> None:
    config = (
        "from dataclasses import dataclass\n@dataclass\nclass ModelArgs:\n    dim: int = 32\n    vocab_size: int = -1\n"
    )
    source = config + net("args: ModelArgs", "self.a = nn.Linear(args.dim, args.vocab_size)")
    (result,) = write(source).analysis.results
    assert result.constructed == "assumed args=ModelArgs(vocab_size=1000)"


CONFIG = """
from dataclasses import dataclass

@dataclass
class NetConfig:
    width: int = 24
"""


@pytest.mark.parametrize("parameter", ["config: NetConfig", "config: 'NetConfig'", "cfg"])
def test_a_configuration_of_the_file_is_used(write: Callable, parameter: str) -> None:
    name = parameter.partition(":")[0]
    written = write(CONFIG + net(parameter, f"self.a = nn.Linear({name}.width, 8)"))
    assert written.graph.inputs[0].shape == (1, 24)
    assert "NetConfig()" in written.analysis.results[0].constructed


def test_a_block_of_the_file_is_used(write: Callable) -> None:
    written = write(
        """
class BasicBlock(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        return self.fc(x)
"""
        + net("block, n", "self.a = block(n)")
    )
    assert {result.graph.model for result in written.analysis.results} == {"Net", "BasicBlock"}


def test_a_part_takes_its_numbers_from_its_model(write: Callable) -> None:
    written = write("""
        class Block(nn.Module):
            def __init__(self, n):
                super().__init__()
                self.fc = nn.Linear(n, n)

            def forward(self, x):
                return self.fc(x)

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.block = Block(12)

            def forward(self, x):
                return self.block(x)
    """)
    assert [result.graph.model for result in written.analysis.results] == ["Net"]
    assert written.graph.contains == ("Block", "Net")


def test_a_part_that_fails_alone_is_a_quiet_problem(write: Callable) -> None:
    written = write("""
        class Block(nn.Module):
            def __init__(self, n):
                super().__init__()
                raise RuntimeError("not today")

            def forward(self, x):
                return x

        class Net(nn.Module):
            def __init__(self, use_block=False):
                super().__init__()
                self.block = Block(12) if use_block else nn.Linear(4, 4)

            def forward(self, x):
                return self.block(x)
    """)
    (problem,) = written.analysis.problems
    assert (problem.name, problem.part) == ("Block", True)
    assert "not today" in problem.message


def test_an_abstract_base_says_so(write: Callable) -> None:
    written = write("""
        class Base(nn.Module):
            def forward(self, x):
                raise NotImplementedError

        class Net(Base):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 4)

            def forward(self, x):
                return self.fc(x)
    """)
    (problem,) = written.analysis.problems
    assert (problem.name, problem.part, problem.stage) == ("Base", True, "abstract")
    assert [result.graph.model for result in written.analysis.results] == ["Net"]


def test_a_class_inside_a_function_is_made_by_it(write: Callable) -> None:
    written = write("""
        def make(n=6):
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.fc = nn.Linear(n, n)

                def forward(self, x):
                    return self.fc(x)

            return Net()
    """)
    assert written.graph.inputs[0].shape == (1, 6)


def test_a_class_inside_a_function_with_arguments_says_so(write: Callable) -> None:
    written = write("""
        def make(n):
            class Net(nn.Module):
                def forward(self, x):
                    return x * n

            return Net()
    """)
    (problem,) = written.analysis.problems
    assert problem.message == "Net is defined inside make(), which needs arguments"


def test_files_that_import_each_other_do_not_hang(write: Callable, tmp_path) -> None:
    (tmp_path / "other.py").write_text("import model\nWIDTH = 5\n")
    written = write("import other\n" + net("", "self.a = nn.Linear(other.WIDTH, 2)"), seconds=20)
    assert written.graph.inputs[0].shape == (1, 5)


def test_what_stands_for_an_object_is_not_named_in_a_failure(write: Callable) -> None:
    init = "self.a, self.b = net_args.some.strange, nn.Linear(8, 8)"
    (problem,) = write(net("net_args", init, "return self.b(self.a(x))")).analysis.problems
    assert "what stands for an object that no code defines is not callable" in problem.message


def test_methods_of_the_constructor_say_how_a_parameter_is_used(write: Callable) -> None:
    method = "    def _build(self, width, maker):\n        self.b = maker(width, 3)\n"
    source = net("dim, trans_func", "self.a = nn.Linear(dim, dim)\nself._build(dim, trans_func)") + method
    (result,) = write(source).analysis.results
    assert result.constructed == "assumed dim=64, trans_func=Passthrough"


def test_a_class_is_no_part_of_itself(write: Callable) -> None:
    (result,) = write(net("net", "self.b = net\nself.a = nn.Linear(8, 8)", "return self.b(self.a(x))")).analysis.results
    assert result.constructed == "assumed net=Passthrough()"


def test_a_base_without_forward_is_no_part(write: Callable) -> None:
    base = "class Extractor(nn.Module):\n    pass\n"
    source = base + net(
        "extractor: Extractor", "self.b = extractor\nself.a = nn.Linear(8, 8)", "return self.b(self.a(x))"
    )
    (result,) = write(source).analysis.results
    assert result.constructed == "assumed extractor=Passthrough()"


@pytest.mark.parametrize("init", ["{}[config.model.kinds]", "{}['a table without it']"])
def test_a_key_that_is_no_name_is_no_argument(write: Callable, init: str) -> None:
    (problem,) = write(net("config, **kwargs", f"self.a = nn.Linear(8, {init})")).analysis.problems
    assert problem.stage == "construct"


def test_what_is_asserted_of_an_attribute_is_given_to_the_constructor_further_up(write: Callable) -> None:
    child = """
class Child(Net):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        assert self.labels == 0
"""
    text = net("labels=10", "self.labels = labels\nself.a = nn.Linear(8, labels or 8)", "return self.a(x)")
    results = {r.target.rpartition("::")[2]: r for r in write(text + child).analysis.results}
    assert results["Child"].constructed.startswith("assumed labels=0")


def test_modules_that_are_registered_under_numbers_are_no_crash(write: Callable) -> None:
    text = net("width=8", "self.a = nn.Linear(width, width)\nself._modules[3] = nn.ReLU()")
    (problem,) = write(text).analysis.problems
    assert problem.stage == "construct"
    assert "can only concatenate str" in problem.message


def test_a_class_may_have_a_method_that_makes_it(write: Callable) -> None:
    head = """
SIZES = {"net-s": [8, 16], "net-l": [8, 32]}
"""
    method = """
    @classmethod
    def from_name(cls, model_name):
        if model_name not in SIZES:
            raise ValueError("model_name is one of: " + ", ".join(SIZES))
        return cls(SIZES[model_name])
"""
    text = net("sizes=None", "assert isinstance(sizes, list) and sizes[0] * 2 <= sizes[1]\nself.a = nn.Linear(*sizes)")
    (result,) = write(head + text + method).analysis.results
    assert result.expression == "Net.from_name(model_name='net-s')"


def test_a_class_of_another_file_has_what_is_read(write: Callable, tmp_path: Path) -> None:
    other = """
from torch import nn

class Unet(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.odd_branch, self.a = dim // 2, nn.Conv2d(3, dim, 1)

    def forward(self, x):
        return self.a(x)
"""
    (tmp_path / "unet.py").write_text(other)
    (tmp_path / "setup.py").touch()
    text = net("model", "self.model = model\nself.b = nn.Linear(8, model.odd_branch)", "return self.model(x)")
    (result,) = write(text).analysis.results
    assert result.constructed == "assumed model=Unet(dim=64)"


def test_a_document_shows_the_arguments(write: Callable, tmp_path: Path) -> None:
    usage = "# Nets\n\n```python\nfrom other import Net\nnet = Net(1, (2, 3, 4))\n```\n"
    (tmp_path / "README.md").write_text(usage + usage.replace("other", "model").replace("1, (2, 3, 4)", "5, (8, 16)"))
    (tmp_path / "setup.py").touch()
    text = net("depth, sizes", "assert len(sizes) == 2 and depth == 5\nself.a = nn.Linear(*sizes)")
    (result,) = write(text).analysis.results
    assert result.constructed == "assumed depth=5, sizes=(8, 16), after README.md"


def test_an_assertion_names_the_class_of_an_argument(write: Callable) -> None:
    layers = net("dim", "self.a = nn.Linear(dim, dim)").replace("class Net", "class Encoder")
    text = net("layers", "assert isinstance(layers, (Encoder,)), 'no encoder'\nself.a = layers")
    results = write(layers + text).analysis.results
    assert {result.constructed for result in results if result.graph.model == "Net"} == {
        "assumed layers=Encoder(dim=64)"
    }


def test_a_document_may_hand_in_a_model_of_torchvision(write: Callable, tmp_path: Path) -> None:
    usage = "```python\nfrom torchvision import models\nnet = models.alexnet(pretrained=True)\nNet(net, dim=256)\n```\n"
    (tmp_path / "README.md").write_text(usage)
    (tmp_path / "setup.py").touch()
    text = net("backbone, dim", "self.a = backbone.features\nself.b = nn.Conv2d(dim, 8, 1)", "return self.b(self.a(x))")
    (result,) = write(text).analysis.results
    assert result.constructed == "assumed backbone=models.alexnet(pretrained=True), dim=256, after README.md"


def test_keywords_that_a_constructor_hands_on_are_as_a_call_has_them(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("from model import Net\nnet = Net(dim=8, enc_depth=2, enc_width=24)\n")
    (tmp_path / "setup.py").touch()
    init = "own = {k[4:]: v for k, v in kwargs.items() if k[:4] == 'enc_'}\nself.a = nn.Linear(dim * own['depth'], own['width'])"
    (result,) = write(net("dim, **kwargs", init)).analysis.results
    assert result.constructed == "assumed dim=8, enc_depth=2, enc_width=24, after train.py"


USUAL = {
    "a switch, and a tensor of that name": ("config", "self.a = nn.Linear(8, 8, bias=config.bias)\nif self.a.bias is not None: self.a.bias.data.zero_()", "config=Assumed(bias=False)"),
    "settings called like methods of mappings": ("config", "self.a = nn.Linear(config.items.hidden_size, config.keys.hidden_size)", "config=Assumed(items=64, keys=64, hidden_size=64)"),
    "settings called like methods of texts": ("config", "self.a = nn.Linear(8, config.bounds.lower)", "config=Assumed(bounds=64, lower=64)"),
}  # fmt: skip


@pytest.mark.parametrize("name", USUAL)
def test_a_configuration_has_settings_of_usual_names(write: Callable, name: str) -> None:
    parameters, init, constructed = USUAL[name]
    (result,) = write(net(parameters, init)).analysis.results
    assert result.constructed == f"assumed {constructed}"


def test_a_setting_whose_name_another_one_ends_with_is_supplied(write: Callable) -> None:
    head = "class Config:\n    def __init__(self, **given):\n        self.__dict__.update(given)\n"
    (result,) = write(
        head + net("config: Config", "self.a = nn.Linear(config.hidden_dim, config.dim)")
    ).analysis.results
    assert result.constructed == "assumed config=Config(hidden_dim=64, dim=64)"


DOCUMENTS = {
    "what it leaves out": "Net(96, ...)",
    "an option that is no number": 'parser.add_argument("--n", type=int, default="auto")\nNet(args.n)',
    "an expression that is too long": f"Net(dim={'1+' * 2000}1)",
    "no code": f"Net(\n{'-' * 9000}",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_shows_may_say_nothing(write: Callable, tmp_path: Path, name: str) -> None:
    (tmp_path / "README.md").write_text(f"```python\n{DOCUMENTS[name]}\n```\n")
    (tmp_path / "setup.py").touch()
    (result,) = write(
        net("dim, norm=nn.LayerNorm", "self.a = nn.Sequential(nn.Linear(dim, dim), norm(dim))")
    ).analysis.results
    assert [operator.kind for operator in result.graph.operators] == ["linear", "layer_norm"]


def test_a_script_is_not_run_for_a_class_of_it(write: Callable, tmp_path: Path) -> None:
    trains = "\n\nfor step in range(3):\n    open('/made', 'w')\n"
    odd = "class Odd(nn.Module):\n    odd_branch = 4\n\n    def forward(self, x):\n        return x\n"
    (tmp_path / "train.py").write_text(f"import sys\nfrom torch import nn\n\n{odd}\nsys.exit('usage'){trains}")
    (tmp_path / "setup.py").touch()
    (problem,) = write(
        net("model", "self.a = nn.Linear(8, model.odd_branch)\nassert isinstance(model, nn.Module)")
    ).analysis.problems
    assert problem.stage == "construct"


def test_a_class_method_that_fails_is_no_reason(write: Callable) -> None:
    method = """
    def encode(self, x):
        raise NotImplementedError

    @classmethod
    def load(cls, path):
        open(path)
        return cls()
"""
    (problem,) = write(net("", "pass", "return self.encode(x)") + method).analysis.problems
    assert (problem.stage, problem.message) == ("abstract", "Net leaves encode() to the classes that inherit from it")
