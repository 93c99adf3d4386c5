"""Configurations that the code does not define: a JSON file beside it, and what else a number may be."""

import json
from collections.abc import Callable
from pathlib import Path

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
