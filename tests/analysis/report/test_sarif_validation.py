"""Logs of every kind against the official schema and Microsoft's validator with GitHub's rules."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphperf.analysis.finding import Figures, Finding, Gain, Related
from graphperf.analysis.fixes import Edit
from graphperf.analysis.report.findings.sarif import sarif

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


LINES = [
    "from torch import nn",
    "",
    "class Net(nn.Module):",
    "    def __init__(self):",
    "        self.fc = nn.Linear(8, 8)",
]
SOURCES = {"net.py": LINES, "base.py": LINES}
GAIN = Gain(Figures(2e-3, 0.5, 1e9), Figures(1e-3, 0.4, 1e9))
CALLS = (Related("called from here", "net.py", 4), Related("the host waits here", "base.py", 2))
RELATED = (Related("The other half.", "base.py", 3), Related("And this.", "net.py", 4))


def finding(code: str = "GP101", line: int = 5, **more: Any) -> Finding:
    severity = more.pop("severity", "warning")
    return Finding(code, "What is wrong.", "net.py", line, severity, "net.py::Net", "h100-sxm5-80gb", 0.1, **more)


def linted(root: Path) -> dict[str, Any]:
    """A real log of the command."""
    (root / "wide net.py").write_text(MODELS)
    (root / "small.py").write_text(SMALL)
    (root / "edge.py").write_text(EDGE)
    (root / "syntax.py").write_text("x = = 1\n")
    command = [sys.executable, "-m", "graphperf.analysis.cli.lint", ".", "--output-format", "sarif", "--batch", "32",
               "--severity", "hint", "--output-file", "log.sarif", "-H", "h100-sxm5-80gb,i7-12700k"]  # fmt: skip
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    return json.loads((root / "log.sarif").read_text("utf-8"))


def detailed(root: Path) -> dict[str, Any]:
    return sarif([finding(gain=GAIN, related=RELATED, calls=CALLS), finding("GP201", 3)], root, SOURCES)


def compared(root: Path) -> dict[str, Any]:
    old = [finding(), finding("GP503", 3)]
    return sarif([finding(), finding("GP201")], root, SOURCES, (old, SOURCES))


def fixed(root: Path) -> dict[str, Any]:
    """Edits of several kinds: within a line, over lines, a whole line put in, text taken away."""
    edits = (Edit(5, 19, 5, 28, "nn.Identity"), Edit(3, 1, 4, 9, "class Net(nn.Module):\n    def"))
    put, gone = Edit(3, 1, 3, 1, "import torch\n"), Edit(1, 1, 2, 1, "")
    given = finding(gain=GAIN)
    return sarif([given, finding("GP201")], root, SOURCES, fixes={given: [("One.", edits), ("Another.", (put, gone))]})


def failed(root: Path) -> dict[str, Any]:
    broken = [replace(finding("GP901", 1), file=name) for name in ("net.py", "a b.py", str(root.parent / "out.py"))]
    return sarif([*broken, finding()], root, SOURCES)


def clean(root: Path) -> dict[str, Any]:
    return sarif([], root, {})


def many(root: Path) -> dict[str, Any]:
    return sarif([finding(line=1 + number % 5) for number in range(10_000)], root, SOURCES)


@pytest.fixture(scope="module", params=[linted, detailed, compared, fixed, failed, clean, many])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    file = folder / f"{request.param.__name__}.sarif"
    file.write_text(json.dumps(request.param(folder)), "utf-8")
    return file


def test_the_log_follows_the_schema(log: Path, tool: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((tool / "sarif-2.1.0.json").read_text("utf-8-sig"))
    jsonschema.validate(json.loads(log.read_text("utf-8")), schema, format_checker=jsonschema.FormatChecker())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"version": "2.1.0", "runs": [{}]}, schema)


def validated(log: Path, tool: Path) -> list[tuple[str, str, Any]]:
    """What the validator has against a log: level, rule, message."""
    out = log.with_suffix(".validation.sarif")
    command = [tool / "Sarif.Multitool", "validate", log, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning",
               "--output", out, "--log", "ForceOverwrite"]  # fmt: skip
    environment = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(log.parent), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert out.exists(), done.stdout + done.stderr
    results = json.loads(out.read_text("utf-8-sig"))["runs"][0]["results"]
    return [(r.get("level", "warning"), r["ruleId"], r["message"]) for r in results]


def test_the_validator_has_neither_errors_nor_warnings(log: Path, tool: Path) -> None:
    assert [found for found in validated(log, tool) if found[0] in ("error", "warning")] == []


def test_the_validator_would_say_so(tool: Path, tmp_path: Path) -> None:
    bad = clean(tmp_path)
    bad["runs"][0]["results"] = [{"message": {"text": "no location"}}]
    (tmp_path / "bad.sarif").write_text(json.dumps(bad), "utf-8")
    assert {found[0] for found in validated(tmp_path / "bad.sarif", tool)} >= {"error"}


def test_the_command_writes_what_the_rules_say(tmp_path: Path) -> None:
    (run,) = linted(tmp_path)["runs"]
    assert len({result["ruleId"] for result in run["results"]}) >= 5
    notified = [note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                for note in run["invocations"][0]["toolExecutionNotifications"]]  # fmt: skip
    assert "syntax.py" in notified
