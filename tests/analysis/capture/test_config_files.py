"""Configurations that the code does not define: a JSON file beside it, and what else a number may be."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

NET = """
class Net(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.a = nn.Sequential(*[nn.Linear(8, rate) for rate in h.hidden_dims])
        self.b = nn.Linear(h.upsample_initial, h["upsample_final"])
        self.c = h.inner.depth

    def forward(self, x):
        return self.b(x) * self.c
"""
VALUES = {"hidden_dims": [5], "upsample_initial": 48, "upsample_final": 12, "inner": {"depth": 2}, "other": 1}


def test_a_file_beside_the_code_has_the_values(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "large.json").write_text(json.dumps(VALUES))
    (tmp_path / "package.json").write_text('{"name": "no configuration"}')
    written = write(NET)
    assert written.graph.inputs[0].shape[-1] == 48
    assert "after large.json" in written.analysis.results[0].constructed


def test_a_file_without_the_names_is_passed_over(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"upsample_initial": 48, "name": "x"}')
    assert write(NET).graph.inputs[0].shape[-1] == 64


def test_a_number_of_a_configuration_may_be_a_list_of_them(write: Callable) -> None:
    source = """
class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        wide = config.model.wide_ones
        self.a = nn.Linear(wide[0], wide[-1])
        self.b = nn.ModuleList([nn.Linear(64, some) for some in wide])

    def forward(self, x):
        return self.a(x)
"""
    assert len(write(source).graph.operators) == 1


def test_a_file_beside_the_code_has_the_arguments(write: Callable, tmp_path: Path) -> None:
    values = {"train": {"width": 1}, "model": {"width": 40, "depth": 1, "heads": 5, "other": [1]}}
    (tmp_path / "base.json").write_text(json.dumps(values))
    source = """
class Net(nn.Module):
    def __init__(self, width, depth, heads):
        super().__init__()
        self.a = nn.Linear(width // heads, width)

    def forward(self, x):
        return self.a(x)
"""
    written = write(source)
    assert written.graph.inputs[0].shape[-1] == 8
    assert written.analysis.results[0].constructed == "assumed width=40, depth=1, heads=5, after base.json"


def test_a_part_of_a_yaml_file_has_the_values(write: Callable, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "configs" / "small").mkdir(parents=True)
    inner = "    hidden_dims: [5]\n    upsample_initial: 48\n    upsample_final: 12\n    inner: {depth: 2}\n"
    (tmp_path / "configs" / "small" / "net.yaml").write_text(f"model:\n  net:\n{inner}train: {{rate: 0.1}}\n")
    assert write(NET).graph.inputs[0].shape[-1] == 48


def test_what_a_chain_leads_to_is_read_under_another_name(write: Callable, tmp_path: Path) -> None:
    values = {"model": {"net": {"first_one": 24, "second_one": 6}}, "first_one": 3}
    (tmp_path / "base.json").write_text(json.dumps(values))
    source = """
class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        inner = config.model.net
        self.a = nn.Linear(inner.first_one, inner.second_one)

    def forward(self, x):
        return self.a(x)
"""
    assert write(source).graph.inputs[0].shape[-1] == 24


def test_a_file_named_like_the_code_comes_first(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    for name, size in (("large", 48), ("net", 40), ("small", 32)):
        (tmp_path / "configs" / f"{name}.json").write_text(json.dumps({**VALUES, "upsample_initial": size}))
    (tmp_path / "net.py").write_text("")
    assert write(NET, name="net.py").graph.inputs[0].shape[-1] == 40


def test_a_copy_of_a_layer_keeps_the_numbers_of_the_configuration(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text('{"hidden_size": 24, "num_layers": 2, "other": 1}')
    source = """
import copy
class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        norm = nn.LayerNorm(config.hidden_size)
        self.norms = nn.ModuleList(copy.deepcopy(norm) for _ in range(config.num_layers))
        self.other = config.other

    def forward(self, x):
        for norm in self.norms:
            x = norm(x)
        return x
"""
    assert write(source).graph.inputs[0].shape[-1] == 24


def test_a_configuration_over_the_defaults_of_the_code(write: Callable, tmp_path: Path) -> None:
    """Of several, the one that names the class."""
    pytest.importorskip("yaml")
    (tmp_path / "experiments").mkdir()
    for name, width in (("Net", 24), ("Other", 48)):
        text = f"MODEL:\n  NAME: {name}\n  WIDTH: {width}\nDATA:\n  SIDE: 32\nTRAIN:\n  STEPS: 9\n"
        (tmp_path / "experiments" / f"{'z' * (width == 24)}{name}.yaml").write_text(text)
    defaults = (
        "_C = CN()\n_C.MODEL = CN()\n_C.MODEL.BIAS = False\n_C.MODEL.WIDTH = 8\n_C.DATA = CN()\n_C.DATA.SIDE = 64\n"
    )
    (tmp_path / "defaults.py").write_text(defaults)
    source = """
class Net(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.fc = nn.Linear(cfg.MODEL.WIDTH, cfg.DATA.SIDE, bias=cfg.MODEL.BIAS)
        self.steps = cfg.TRAIN.STEPS

    def forward(self, x):
        return self.fc(x)
"""
    assert write(source).graph.parameters == 24 * 32


BLOCKS = """
class Mix(nn.Module):
    def __init__(self, width, hidden=None):
        super().__init__()
        self.a = nn.Linear(width, hidden or width)

    def forward(self, x):
        return self.a(x)

class Net(nn.Module):
    def __init__(self, mix, head, depth=1):
        super().__init__()
        self.mix = mix
        self.b = nn.ModuleList(nn.Linear(head.width, head["width"]) for _ in range(depth))

    def forward(self, x):
        x = self.mix(x)
        for layer in self.b:
            x = layer(x)
        return x
"""
HYDRA = """
width: 24
net:
  _target_: nets.net.Net
  depth: 3
  elsewhere: ${other.file}
  mix: {_target_: nets.net.Mix, width: "${width}", hidden: 40}
  head: {width: 40}
"""
PARAMS = """
model:
  target: somewhere.Training
  params:
    inner:
      target: nets.net.Mix
      params: {width: 56, unknown: 1}
"""


def test_a_configuration_that_names_the_class_says_its_arguments(write: Callable, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / ".git").mkdir()
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "net.yaml").write_text(HYDRA)
    written = write(BLOCKS, name="nets/net.py")
    (result,) = [r for r in written.analysis.results if r.target.endswith("::Net")]
    assert [operator.name for operator in result.graph.operators] == ["mix.a", "b.0", "b.1", "b.2"]
    assert result.graph.inputs[0].shape[-1] == 24
    assert "after net.yaml" in result.constructed


def test_a_configuration_with_parameters_says_its_arguments(write: Callable, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "config.yaml").write_text(PARAMS)
    mix = BLOCKS.partition("class Net")[0]
    (result,) = write(mix).analysis.results
    assert result.constructed == "assumed width=56, after config.yaml"


def test_a_mapping_within_is_gone_through_by_its_keys_and_weights_are_not_loaded(
    write: Callable, tmp_path: Path
) -> None:
    source = """
class Net(nn.Module):
    def __init__(self, cfg=None):
        super().__init__()
        if cfg["pretrain"]:
            torch.load("weights.tar")
        assert cfg["network_name"] == "small"
        assert set(cfg["return_layers"]) == {"first", "second"} and "first" in cfg["return_layers"]
        self.a = nn.ModuleDict({name: nn.Linear(cfg["in_width"], width) for name, width in cfg["return_layers"].items()})

    def forward(self, x):
        return self.a["second"](x)
"""
    values = {"network_name": "small", "pretrain": True, "return_layers": {"first": 3, "second": 5}, "in_width": 12}
    (tmp_path / "config.py").write_text(f"cfg_small = {values!r}")
    graph = write("import torch\n" + source).graph
    assert [tensor.shape[-1] for tensor in (graph.tensors[graph.output_tensors[0]],)] == [5]
    assert graph.inputs[0].shape[-1] == 12


def test_a_configuration_may_lie_in_folders_within_the_folder(write: Callable, tmp_path: Path) -> None:
    folder = tmp_path / "experiments" / "images" / "large"
    folder.mkdir(parents=True)
    (folder / "large.json").write_text(json.dumps({"MODEL": {"SPEC": VALUES}}))
    assert "after large.json" in write(NET).analysis.results[0].constructed


def test_a_registry_names_a_class_and_describes_its_parts(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    (tmp_path / "net.yml").write_text("arch:\n  name: Net\n  stem: {name: Stem, width: 24, loss: {weight: 2.0}}\n")
    source = """
class Net(nn.Module):
    def __init__(self, stem_cfg):
        super().__init__()
        assert stem_cfg.loss.weight == 2.0 and stem_cfg.pop("name") == "Stem"
        self.a = nn.Linear(stem_cfg.width, 8)

    def forward(self, x):
        return self.a(x)
"""
    (result,) = write(source).analysis.results
    assert (result.graph.inputs[0].shape[-1], result.constructed.endswith("after net.yml")) == (24, True)


def test_a_parameter_called_name_is_as_the_configuration_has_it(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    (tmp_path / "net.yaml").write_text("model:\n  _target_: model.Net\n  name: large\n  num_classes: 7\n")
    source = """
class Net(nn.Module):
    def __init__(self, name, num_classes):
        super().__init__()
        self.a = nn.Linear({"small": 32, "large": 512}[name], num_classes)

    def forward(self, x):
        return self.a(x)
"""
    assert write(source).graph.parameters == 513 * 7


def test_what_a_script_has_to_give_is_not_in_a_configuration(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    (tmp_path / "net.yaml").write_text("_target_: model.Net\nwidth: ???\nclasses: 7\n")
    source = """
class Net(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.a = nn.Linear(width, classes)

    def forward(self, x):
        return self.a(x)
"""
    (result,) = write(source).analysis.results
    assert result.constructed == "assumed width=64, classes=7, after net.yaml"
