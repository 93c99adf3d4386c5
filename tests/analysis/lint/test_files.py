"""Which files a run is about."""

from pathlib import Path

import pytest

from graphperf.analysis.discovery import UsageError
from graphperf.analysis.lint.files import python_files


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("net.py", "src/b.py", "src/a.py", "src/generated/c.py", "src/notes.txt", "src/.hidden/d.py",
                 "src/venv/e.py", "src/build/f.py", "src/__pycache__/g.py", "src/.h.py"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(*given: str, exclude: tuple[str, ...] = ()) -> list[str]:
    return [file.as_posix() for file in python_files(given, exclude)]


def test_folders_are_searched_in_order_and_the_usual_ones_left_out() -> None:
    assert names("src") == ["src/a.py", "src/b.py", "src/generated/c.py"]


def test_each_file_once() -> None:
    assert names("net.py", "src/b.py", "src", "net.py") == ["net.py", "src/b.py", "src/a.py", "src/generated/c.py"]


@pytest.mark.parametrize("pattern", ["generated", "src/generated", "generated/", "c.py", "gen*"])
def test_what_is_excluded_is_left_out_of_folders(pattern: str) -> None:
    assert names("src", exclude=(pattern,)) == ["src/a.py", "src/b.py"]


def test_what_is_named_is_not_excluded() -> None:
    assert names("src/generated/c.py", exclude=("generated",)) == ["src/generated/c.py"]


def test_what_does_not_exist() -> None:
    with pytest.raises(UsageError, match=r"absent\.py: no such file"):
        names("src", "absent.py")
