"""The interpreter of a project's own environment: where it is looked for, and which counts."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.analysis.discovery import UsageError
from graphperf.analysis.lint import interpreter
from graphperf.analysis.lint.interpreter import project_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the interpreters here are shell scripts")


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Makes an interpreter that says that it has torch, or has not; none but these is found."""
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "pyproject.toml").touch()

    def make(name: str, *, torch: bool = True) -> str:
        python = tmp_path / name
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text(f"#!/bin/sh\nexit {0 if torch else 1}\n")
        python.chmod(0o755)
        return str(python)

    return make


def test_the_order(tmp_path: Path, make: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project_python(tmp_path) is None
    monkeypatch.setattr(sys, "executable", make("own/python"))
    assert project_python(tmp_path) == sys.executable
    for name in ("bin/python3", "venv/bin/python", ".venv/bin/python"):
        python = make(name)
        assert project_python(tmp_path) == python
    active = make("elsewhere/bin/python")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "elsewhere"))
    assert project_python(tmp_path) == active
    (tmp_path / "pyproject.toml").write_text('[tool.graphperf]\npython = "venv/bin/python"\n')
    assert project_python(tmp_path) == str(tmp_path / "venv/bin/python")


def test_one_without_torch_does_not_count(tmp_path: Path, make: Callable) -> None:
    make(".venv/bin/python", torch=False)
    other = make("bin/python")
    assert project_python(tmp_path) == other


def test_the_environment_of_a_hook_is_not_the_project_s(
    tmp_path: Path, make: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("hook/bin/python")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "hook"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "hook"))
    monkeypatch.setenv("PATH", str(tmp_path / "hook" / "bin"))
    assert project_python(tmp_path) is None


def test_one_that_hangs_does_not_count(tmp_path: Path, make: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(make(".venv/bin/python")).write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    monkeypatch.setattr(interpreter, "_SECONDS", 0.1)
    assert project_python(tmp_path) is None


@pytest.mark.parametrize("named", ['"venv/bin/python"', '"bin/absent"', "3"])
def test_one_that_is_named_has_to_be_one(tmp_path: Path, make: Callable, named: str) -> None:
    make("venv/bin/python", torch=False)
    make("bin/python")
    (tmp_path / "pyproject.toml").write_text(f"[tool.graphperf]\npython = {named}\n")
    with pytest.raises(UsageError, match=r"\[tool.graphperf\] python: .* is no interpreter with torch"):
        project_python(tmp_path)
