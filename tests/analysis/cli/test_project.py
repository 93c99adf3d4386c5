"""Options that are not given come from the project's `pyproject.toml`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from graphperf.analysis.cli.main import main

MODEL = """from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 4)

    def forward(self, x):
        return self.fc(x)
"""


@pytest.fixture
def analysed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)

    def analyse(project: str, *options: str):
        (tmp_path / "pyproject.toml").write_text(f"[tool.graphperf]\n{project}\n")
        return CliRunner().invoke(main, ["analyze", "model.py", "--format", "json", *options])

    return analyse


@pytest.mark.slow
def test_what_the_project_asks(analysed) -> None:
    asked = 'hardware = ["rtx-3090", "i7-12700k"]\nprecision = "fp32"\nmode = "compiled"\nbatch = 4'
    reports = json.loads(analysed(asked).stdout)
    text = json.dumps(reports)
    assert all(word in text for word in ("rtx-3090", "i7-12700k", "compiled"))
    assert "[4, 16]" in text
    other = json.dumps(json.loads(analysed(asked, "--hardware", "t4-16gb", "--mode", "eager", "--batch", "2").stdout))
    assert "t4-16gb" in other
    assert "rtx-3090" not in other
    assert "[2, 16]" in other


@pytest.mark.parametrize("line", ["hardware = 3", "precision = [1]", "batch = 'two'", "batch = true"])
def test_a_value_of_another_type(analysed, line: str) -> None:
    done = analysed(line)
    assert done.exit_code == 2
    assert line.partition(" ")[0] in done.output
    assert "pyproject.toml" in done.output
