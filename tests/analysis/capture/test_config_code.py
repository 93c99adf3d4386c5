# ruff: noqa: E501 (a configuration on one line)
"""Configurations that Python code beside a class makes: options of a parser, assignments, dictionaries, classes."""

from collections.abc import Callable
from pathlib import Path

import pytest

NET = """
class Net(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.a = nn.Linear(cfg.model.token_count, cfg.model.answer_count)
        self.scale = self.cfg["spread"]

    def forward(self, x):
        return self.a(x) * self.scale
"""
PARSED = NET.replace("cfg.model.", "cfg.")

MADE = {
    "keys": ("cfg = {}\ncfg['token_count'] = 40\ncfg['answer_count'] = 5\ncfg['spread'] = 3\n", PARSED),
    "attributes": ("_C = CN()\n_C.model = CN()\n_C.model.token_count = 40\n_C.model.answer_count = 5\n_C.spread = 2.5\n", NET),
    "dictionary": ("config = dict(model=dict(token_count=40, answer_count=5), spread=2.5)\n", NET),
    "class": ("class Config:\n    spread: float = 2.5\n    def __init__(self, token_count=40):\n        self.answer_count = 5\n", PARSED),
    "options": (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('-t', '--token-count', type=int, default='40')\n"
        "p.add_argument('--answer-count', default=5)\np.add_argument('--spread', action='store_true')\n",
        PARSED,
    ),
    "in a function": ("def get():\n    config = Made()\n    config.token_count = 40\n    config.answer_count = 5\n    config.spread = 1\n", PARSED),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_code_beside_a_class_has_the_values(write: Callable, tmp_path: Path, name: str) -> None:
    code, source = MADE[name]
    (tmp_path / "settings_of_net.py").write_text(f"raise ValueError('never executed')\n{code}")
    written = write(source)
    assert written.graph.inputs[0].shape[-1] == 40
    assert "after settings_of_net.py" in written.analysis.results[0].constructed


def test_options_that_are_handed_on_are_followed(write: Callable, tmp_path: Path) -> None:
    code = "p.add_argument('--tokens', default=40)\nconfig['token_count'] = args.tokens\nconfig['answer_count'] = 5\n"
    (tmp_path / "world.py").write_text(f"{code}config['spread'] = 2\n")
    assert write(PARSED).graph.inputs[0].shape[-1] == 40


def test_files_of_one_folder_are_joined(write: Callable, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "net.json").write_text('{"model": {"token_count": 40, "answer_count": 5, "depth": 2}}')
    (tmp_path / "config" / "data.json").write_text('{"data": {"rate": 3, "bins": 12, "width": 7}}')
    source = """
class Net(nn.Module):
    def __init__(self, net_config, data_config):
        super().__init__()
        self.a = nn.Linear(net_config["model"]["token_count"], net_config["model"]["answer_count"])
        self.b = nn.Linear(net_config["model"]["answer_count"], data_config["data"]["bins"] * data_config["data"]["width"])
        self.c = data_config["data"]["rate"] * net_config["model"]["depth"]

    def forward(self, x):
        return self.b(self.a(x))
"""
    written = write(source)
    assert written.graph.inputs[0].shape[-1] == 40
    assert "data.json and net.json" in written.analysis.results[0].constructed


def test_a_configuration_that_only_a_script_defines_is_assumed(write: Callable) -> None:
    source = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(args.token_count, 8)

    def forward(self, x):
        return self.a(x)

if __name__ == "__main__":
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--token-count", default=40)
    parser.add_argument("--rate", default=1)
    parser.add_argument("--data", default="")
    args = parser.parse_args()
"""
    written = write(source)
    assert len(written.graph.operators) == 1
    assert any(
        "the configuration args is not defined where the class is" in words for words in written.graph.assumptions
    )
