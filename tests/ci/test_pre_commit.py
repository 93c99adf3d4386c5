"""The hooks in the real pre-commit, in a scratch repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ..checkout import ROOT, clone, commit

pytestmark = pytest.mark.slow
NET = """from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8192, 8192)

    def forward(self, x):
        return self.fc(x)
"""


@pytest.fixture(scope="module")
def pre_commit(request: pytest.FixtureRequest) -> Path:
    """The program, installed once into pytest's cache."""
    folder = request.config.cache.mkdir("pre-commit") / "environment"
    program = folder / "bin" / "pre-commit"
    if not program.exists():
        install = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "pre-commit"]
        for command in ([sys.executable, "-m", "venv", "--clear", folder], install):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"pre-commit cannot be installed: {done.stderr[-300:]}")
    return program


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a checkout")
    folder = tmp_path_factory.mktemp("hooks")
    clone(folder)
    return folder


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Nobody's settings, and no interpreter with torch but where a test names one."""
    names = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "XDG_CACHE_HOME")}
    plain = f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    homes = {"PRE_COMMIT_HOME": str(folder.parent / "pre-commit"), "XDG_CACHE_HOME": str(folder.parent / "cache")}
    return {**kept, **names, "PATH": plain, **homes, **more}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "net.py").write_text("x = 1\n")
    commit(folder)
    (folder / "net.py").write_text(NET)
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    return folder


def run(folder: Path, *command: object, **more: str) -> tuple[int, str]:
    words, given = [str(word) for word in command], environment(folder, **more)
    done = subprocess.run(words, cwd=folder, env=given, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_try_repo(project: Path, hooks: Path, pre_commit: Path) -> None:
    code, out = run(project, pre_commit, "try-repo", hooks, "graphperf-lint", "--verbose", "--all-files")
    assert code == 0, out
    assert "only texts are checked" in out
    (project / "pyproject.toml").write_text(f'[tool.graphperf]\npython = "{sys.executable}"\n')
    code, out = run(project, pre_commit, "try-repo", hooks, "graphperf-lint", "--verbose", "--all-files")
    assert code == 1
    assert "GP503" in out, out


def test_an_installed_hook(project: Path, hooks: Path, pre_commit: Path) -> None:
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hooks, capture_output=True, text=True, check=True)
    given = {"repo": str(hooks), "rev": revision.stdout.strip(), "hooks": [{"id": "graphperf-lint-system"}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [given]}))
    program = project.parent / "bin" / "graphperf-lint"
    program.parent.mkdir()
    names = os.pathsep.join(path for path in sys.path if path)
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{names}" exec "{sys.executable}" -m graphperf.analysis.cli.lint "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{environment(project)['PATH']}"
    assert run(project, pre_commit, "install")[0] == 0
    subprocess.run(["git", "add", "-A"], cwd=project, check=True)
    code, out = run(project, "git", "commit", "-m", "a model", PATH=path)
    assert code == 1, out
    assert "GP503" in out
    (project / "net.py").write_text(NET.replace("8192)\n", "8192)  # graphperf: ignore\n"))
    subprocess.run(["git", "add", "-A"], cwd=project, check=True)
    code, out = run(project, "git", "commit", "-m", "a model", PATH=path)
    assert code == 0, out
    assert "Passed" in out
