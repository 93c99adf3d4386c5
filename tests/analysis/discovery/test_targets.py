from pathlib import Path

import pytest

from graphperf.analysis.discovery import FileTarget, ModuleTarget, UsageError, parse_target


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").touch()
    (tmp_path / "script").touch()
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "notes.ipynb").touch()
    (tmp_path / "loop.py").symlink_to("loop.py")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("model.py", FileTarget(Path("model.py"))),
        ("./model.py", FileTarget(Path("model.py"))),
        ("model.py::Net", FileTarget(Path("model.py"), "Net")),
        ("model.py::", FileTarget(Path("model.py"))),
        ("script", FileTarget(Path("script"))),
        ("script::Net", FileTarget(Path("script"), "Net")),
        ("package.module:factory", ModuleTarget("package.module", "factory")),
        ("torchvision.models:resnet18", ModuleTarget("torchvision.models", "resnet18")),
        ("m:Class.make", ModuleTarget("m", "Class.make")),
    ],
)
def test_targets(text: str, target: object) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("absent.py", "absent.py: no such file"),
        ("absent.py::Net", "absent.py: no such file"),
        ("folder.py", "folder.py is not a file"),
        ("loop.py", "loop.py: a link that leads nowhere"),
        ("notes.ipynb", "notes.ipynb is a notebook; export it with `jupyter nbconvert --to script`"),
        ("model.py::not a name", "after '::' comes a class name"),
        ("model.py::3", "after '::' comes a class name"),
        ("model", "'model' is no target: give file.py, file.py::Class or package.module:factory"),
        ("a.b:c()", "is no target"),
        (":factory", "is no target"),
        ("", "is no target"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["model.py", "model.py::Net", "package.module:factory"])
def test_a_target_prints_as_it_was_written(text: str) -> None:
    assert str(parse_target(text)) == text
