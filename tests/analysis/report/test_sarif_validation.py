"""A real log of graphperf-lint against the official schema and Microsoft's validator with GitHub's rules."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .npm import unpacked

pytestmark = pytest.mark.slow
PACKAGE = "@microsoft/sarif-multitool-linux"
MODELS = """import torch
from torch import nn


class Wide(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 256, 3, padding=1)
        self.act = nn.ReLU()
        self.last = nn.Linear(64, 64)

    def forward(self, x):
        x = self.act(self.first(x.cuda()))
        return torch.exp(x), self.last(x.mean((2, 3))[:, :64])


class Broken(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x):
        return self.fc(x) @ torch.ones(3, 3)
"""
SMALL = """from torch import nn


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 64)

    def forward(self, x):
        return self.fc(x)
"""
EDGE = SMALL.replace("class Small", "# graphperf: hardware=coral-edge-tpu precision=int8\nclass Edge").replace(
    "return self.fc(x)", "return nn.functional.gelu(self.fc(x))"
)


@pytest.fixture(scope="module")
def tool(request: pytest.FixtureRequest) -> Path:
    """The folder with the schema and the validator, fetched once into pytest's cache."""
    if sys.platform != "linux":
        pytest.skip("needs npm on Linux")
    folder = unpacked(request, PACKAGE, "sarif-multitool", "sarif-2.1.0.json")
    (folder / "Sarif.Multitool").chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "wide net.py").write_text(MODELS)
    (folder / "small.py").write_text(SMALL)
    (folder / "edge.py").write_text(EDGE)
    (folder / "syntax.py").write_text("x = = 1\n")
    command = [sys.executable, "-m", "graphperf.analysis.cli.lint", ".", "--output-format", "sarif", "--batch", "32",
               "--output-file", "log.sarif", "-H", "h100-sxm5-80gb,i7-12700k"]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    return folder / "log.sarif"


def test_the_log_has_findings_of_every_rule(log: Path) -> None:
    (run,) = json.loads(log.read_text("utf-8"))["runs"]
    assert {result["ruleId"] for result in run["results"]} == {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert len(run["results"]) >= 4


def test_the_log_follows_the_schema(log: Path, tool: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((tool / "sarif-2.1.0.json").read_text("utf-8-sig"))
    jsonschema.validate(json.loads(log.read_text("utf-8")), schema, format_checker=jsonschema.FormatChecker())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"version": "2.1.0", "runs": [{}]}, schema)


def test_the_validator_has_no_errors(log: Path, tool: Path) -> None:
    out = log.with_suffix(".validation.sarif")
    command = [tool / "Sarif.Multitool", "validate", log, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning",
               "--output", out, "--log", "ForceOverwrite"]  # fmt: skip
    environment = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(log.parent), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert out.exists(), done.stdout + done.stderr
    results = json.loads(out.read_text("utf-8-sig"))["runs"][0]["results"]
    errors = [(r["ruleId"], r["message"]) for r in results if r.get("level", "warning") == "error"]
    assert errors == []
