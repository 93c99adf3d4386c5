"""`graphperf diff`: which files it looks at, and what it says of models and findings of two commits."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from graphperf.analysis.capture import AgentPool
from graphperf.analysis.cli import diff as command
from graphperf.analysis.discovery import UsageError
from graphperf.analysis.study.changes.revisions import changed, revision

NET = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8192, 8192)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.fc(x))
"""
WIDER = NET.replace("8192, 8192", "8192, 16384")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if shutil.which("git") is None:
        pytest.skip("needs git")
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "a")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@example.org")
    git("init", "--quiet")
    (folder / "net.py").write_text(NET)
    (folder / "user.py").write_text("from net import Net\n")
    (folder / "other.py").write_text("x = 1\n")
    commit("first")
    return folder


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def commit(name: str) -> None:
    git("add", "-A")
    git("commit", "--quiet", "-m", name)
    git("tag", name)


@pytest.fixture
def diff(pool: AgentPool, monkeypatch: pytest.MonkeyPatch) -> Callable:
    class Shared:
        def __enter__(self) -> AgentPool:
            return pool

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(command, "AgentPool", Shared)

    def diff(*arguments: str):
        done = CliRunner().invoke(command.diff_command, [*arguments, "--precision", "fp16"])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return diff


def names(old: str, new: str | None = None) -> list[str]:
    place = Path.cwd()
    return changed(revision(old, place), revision(new, place))


def test_only_changed_files_and_those_that_import_them(repository: Path) -> None:
    assert names("first") == []
    (repository / "net.py").write_text(WIDER)
    assert names("first") == ["net.py", "user.py"]
    (repository / "other.py").unlink()
    (repository / "new.py").write_text("y = 1\n")
    commit("second")
    assert names("first", "second") == names("second", "first") == ["net.py", "new.py", "other.py", "user.py"]


def test_a_changed_configuration_concerns_every_file(repository: Path) -> None:
    (repository / "config.json").write_text("{}")
    assert names("first") == ["net.py", "other.py", "user.py"]


def test_a_folder_of_the_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "sub").mkdir()
    (repository / "sub" / "a.py").write_text("x = 1\n")
    commit("second")
    monkeypatch.chdir(repository / "sub")
    (repository / "sub" / "a.py").write_text("x = 2\n")
    assert names("second") == ["a.py"]


def test_links_out_of_the_repository_are_left_out(repository: Path) -> None:
    (repository / "away").symlink_to("/etc/hosts")
    commit("second")
    assert not (revision("second", repository).folder / "away").is_symlink()
    assert (revision("second", repository).folder / "net.py").read_text() == NET


def test_what_is_no_revision(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^'third' is neither a folder nor a revision of this repository"):
        revision("third", repository)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(UsageError, match=r"^'first' is neither a folder nor a revision .*not a git repository"):
        revision("first", tmp_path)


def test_nothing_differs(repository: Path, diff: Callable) -> None:
    (repository / "other.py").write_text("x = 2\n")
    done = diff("first")
    assert (done.exit_code, done.stdout) == (0, "No model differs.\n")


def test_a_wider_layer(repository: Path, diff: Callable) -> None:
    (repository / "net.py").write_text(WIDER)
    commit("second")
    done = diff("first", "second")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["model", "hardware", "latency", "energy", "EDP", "memory"]
    assert any(line.startswith("net.py::Net") and "→" in line for line in lines)
    assert any(line.startswith("The work: MACs +100 %") for line in lines)
    assert any(line.startswith("fc") and "result 1×8192 → 1×16384" in line for line in lines)
    assert diff("second", "first").exit_code == 0
    assert diff("first", "second").stdout == done.stdout


def test_markdown_and_json(repository: Path, diff: Callable) -> None:
    (repository / "net.py").write_text(WIDER)
    table = diff("first", "--format", "markdown").stdout
    assert table.startswith("| model | hardware | latency |")
    assert "**net.py::Net on h100-sxm5-80gb**" in table
    (model,) = json.loads(diff("first", "--format", "json").stdout)["models"]
    assert (model["name"], model["hardware"]) == ("net.py::Net", "h100-sxm5-80gb")
    assert model["after"]["work"]["macs"] == 2 * model["before"]["work"]["macs"] == 2 * 8192 * 8192
    assert {layer["name"] for layer in model["layers"]} == {"fc", "act"}


def test_a_new_and_a_gone_model(repository: Path, diff: Callable) -> None:
    (repository / "net.py").write_text(NET.replace("class Net", "class Other"))
    done = diff("first")
    assert done.exit_code == 0
    assert any("net.py::Net" in line and "gone: " in line for line in done.stdout.splitlines())
    assert any("net.py::Other" in line and "new: " in line for line in done.stdout.splitlines())


def test_a_model_that_fails_now(repository: Path, diff: Callable) -> None:
    (repository / "net.py").write_text(NET.replace("self.act(", "1 / 0 + self.act("))
    lines = diff("first").stdout.splitlines()
    assert any(line.startswith("net.py::Net: forward() raised at line 12") for line in lines)


def states(text: str) -> dict[tuple[str, int], str]:
    results = json.loads(text)["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in results]
    return {(r["ruleId"], line): r["baselineState"] for r, line in zip(results, places, strict=True)}


def test_findings_with_their_state(repository: Path, diff: Callable) -> None:
    (repository / "pyproject.toml").write_text('[tool.graphperf.lint]\nseverity = "hint"\n')
    moved = NET.replace("import torch\n", "# a\n# b\nimport torch\n", 1)
    (repository / "net.py").write_text(moved)
    commit("moved")
    found = states(diff("first", "moved", "--format", "sarif").stdout)
    assert set(found.values()) == {"unchanged"}
    assert ("GP101", 10) in found
    more = moved.replace("self.act = nn.ReLU()", "self.act = nn.Linear(8192, 8192, bias=False)")
    (repository / "net.py").write_text(more)
    found = states(diff("moved", "--format", "sarif").stdout)
    assert (found["GP101", 10], found["GP101", 11]) == ("unchanged", "new")
    commit("more")
    back = states(diff("more", "moved", "--format", "sarif").stdout)
    assert (back["GP101", 10], back["GP101", 11]) == ("unchanged", "absent")


def test_findings_are_chosen_as_the_linter_does(repository: Path, diff: Callable) -> None:
    (repository / "net.py").write_text(WIDER)
    assert states(diff("first", "--format", "sarif").stdout) == {}  # hints are not reported
    for ignored, kept in (("", True), ('ignore = ["GP1"]', False)):
        (repository / "pyproject.toml").write_text(f'[tool.graphperf.lint]\nseverity = "hint"\n{ignored}\n')
        found = states(diff("first", "--format", "sarif").stdout)
        assert any(code == "GP101" for code, _ in found) == kept
        assert any(code == "GP503" for code, _ in found)


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, diff: Callable) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("old", NET), ("new", WIDER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.py").write_text(text)
    done = diff("old", "new", "--output", "diff.txt")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "net.py::Net" in (tmp_path / "diff.txt").read_text("utf-8")
