"""What was found in files, kept on disk: what makes an entry hold no longer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.analysis.bounds.measure import Measure, Work
from graphperf.analysis.finding import Figures, Finding, Gain, Related
from graphperf.analysis.lint import remembered
from graphperf.analysis.lint.checked import Checked, from_json, to_json
from graphperf.analysis.lint.remembered import Remembered
from graphperf.analysis.store import state_of

FIGURES = Figures(0.5, 0.25, 3e9)
CHECKED = Checked(
    "net.py",
    (
        Finding("GP101", "é", "net.py", 3, "warning", "net.py::Net", "h100", 0.1, Gain(FIGURES, FIGURES)),
        Finding("GP901", "x", "net.py", 1, "warning", "net.py", related=(Related("here", "base.py", 2),)),
    ),
    (Measure("net.py::Net", "h100 fp16", FIGURES, Work(1, 2.5, 3, 4)),),
    whole=False,
    hindrance="no torch",
    lines=("a", "b"),
)


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "base.py").write_text("x = 1\n")
    (tmp_path / "net.py").write_text("import base\n")
    return tmp_path / "net.py"


@pytest.fixture
def kept(net: Path) -> Path:
    """A file of which something is known."""
    known = Remembered({"batch": 1}, [net.parent / "baseline.json"])
    assert known.get(net) is None
    known.put(net, CHECKED, dependencies(net))
    known.close()
    return net


def dependencies(net: Path) -> list:
    return [state for state in [state_of(str(net.parent / "base.py"))] if state is not None]


def again(file: Path, batch: int = 1, **given: bool) -> Checked | None:
    found = Remembered({"batch": batch}, [file.parent / "baseline.json"], **given)
    try:
        return found.get(file)
    finally:
        found.close()


def test_a_result_survives_the_disk() -> None:
    assert from_json(to_json(CHECKED)) == CHECKED
    assert "\n" not in to_json(CHECKED)


def test_what_has_not_changed_is_known(kept: Path) -> None:
    assert again(kept) == CHECKED


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "net.py").write_text("import base \n"),
        lambda folder: (folder / "base.py").write_text("x = 22\n"),
        lambda folder: (folder / "base.py").unlink(),
        lambda folder: (folder / "pyproject.toml").write_text("[project]\nname = 'net'\n"),
        lambda folder: (folder / "baseline.json").write_text("{}"),
    ],
    ids=["text", "import", "no import", "project", "baseline"],
)
def test_what_has_changed_is_not(kept: Path, change: Callable) -> None:
    change(kept.parent)
    assert again(kept) is None


def test_the_nearest_project_of_a_file_counts(kept: Path) -> None:
    (kept.parent / "sub").mkdir()
    file = kept.parent / "sub" / "net.py"
    file.write_text("x = 1\n")
    known = Remembered({"batch": 1}, [])
    known.get(file)
    known.put(file, CHECKED, [])
    known.close()
    assert Remembered({"batch": 1}, []).get(file) == CHECKED
    (kept.parent / "sub" / "pyproject.toml").write_text("[tool.graphperf]\n")
    assert Remembered({"batch": 1}, []).get(file) is None


def test_the_question_counts(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert again(kept, batch=2) is None
    assert again(kept, fresh=True) is None
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    assert again(kept) is None


def test_the_own_code_counts(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_own_code", lambda: "another version")
    assert again(kept) is None


def test_a_file_that_changes_while_it_is_checked_is_not_kept(net: Path) -> None:
    known = Remembered({"batch": 1}, [])
    assert known.get(net) is None
    net.write_text("import base  # more\n")
    known.put(net, CHECKED, [])
    known.close()
    assert Remembered({"batch": 1}, []).get(net) is None


def test_what_cannot_be_read_is_not_known(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (b"", b"[]\n{}", b"[]\n[]", b"[[1]]\n{}", b'[]\n{"file": 1}', b"\xff"):
        monkeypatch.setattr(remembered.Store, "get", lambda *_, data=data: data)
        assert again(kept) is None
