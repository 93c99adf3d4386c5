"""Devices of one's own: `hardware-path` in pyproject.toml, and the user's folder."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.hardware_profiles import loader

README = Path(__file__).parents[3] / "hardware_profiles" / "README.md"
DEVICE = re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[0].replace("example-cpu", "my-cpu")

NET = """from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(8, 8))
"""


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of the user's own."""
    folder = tmp_path / "config" / "hardware"
    monkeypatch.setattr(loader, "user_directory", lambda: folder)
    return folder


@pytest.fixture
def project(folder: Path) -> Path:
    """A project that names a folder of devices, with a model in a package of it; the working directory is elsewhere."""
    project = folder / "project"
    devices = project / "boards"
    devices.mkdir(parents=True)
    (devices / "my-cpu.toml").write_text(DEVICE, "utf-8")
    (project / "pyproject.toml").write_text('[tool.graphperf]\nhardware-path = ["boards"]\n', "utf-8")
    model = project / "src" / "net.py"
    model.parent.mkdir()
    model.write_text(NET, "utf-8")
    return project


@pytest.mark.parametrize(
    "command",
    [
        ["graphperf", "analyze"],
        ["graphperf", "compare"],
        ["graphperf", "sweep"],
        ["graphperf", "recommend", "--precision", "fp32"],
        ["graphperf-lint", "--exit-zero"],
    ],
)
def test_the_project_of_the_file_brings_its_devices(run: Callable, project: Path, command: list[str]) -> None:
    shape = ["--input", "(1, 8)"]
    done = run(*command, str(project / "src" / "net.py"), "--hardware", "my-cpu", *shape)
    assert done.code == 0, done.err
    unknown = run(*command, str(project / "src" / "net.py"), "--hardware", "my-cpus", *shape)
    assert (unknown.code, unknown.err) == (2, "error: unknown hardware 'my-cpus'; did you mean my-cpu?\n")


def test_the_project_of_the_working_directory_brings_its_devices(
    run: Callable, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "src")
    done = run("graphperf", "hardware", "my-cpu")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Example CPU (my-cpu): Example")
    assert "my-cpu " in run("graphperf", "hardware", "--vendor", "example").out
    compared = run("graphperf", "compare", "net.py", "--hardware", "all", "--input", "(1, 8)", "--format", "csv")
    assert ",my-cpu," in compared.out


def test_a_directive_can_name_a_device_of_the_project(run: Callable, project: Path) -> None:
    model = project / "src" / "net.py"
    text = model.read_text("utf-8").replace("class Net", "# graphperf: input=(1, 8) hardware=my-cpu\nclass Net")
    model.write_text(text, "utf-8")
    done = run("graphperf", "analyze", str(model))
    assert done.code == 0, done.err
    assert "Example CPU" in done.out or "my-cpu" in done.out


def test_the_users_folder(run: Callable, user: Path) -> None:
    assert run("graphperf", "hardware", "my-cpu").code == 2
    user.mkdir(parents=True)
    (user / "my-cpu.toml").write_text(DEVICE, "utf-8")
    assert run("graphperf", "hardware", "my-cpu").code == 0


@pytest.mark.parametrize(
    "command",
    [
        ["graphperf", "hardware"],
        ["graphperf", "hardware", "my-cpu"],
        ["graphperf", "analyze", "src/net.py", "--hardware", "my-cpu"],
        ["graphperf", "compare", "src/net.py", "--hardware", "all"],
        ["graphperf-lint", "src", "--hardware", "my-cpu"],
    ],
)
def test_a_malformed_device_names_file_line_and_field(
    run: Callable, project: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(project)
    path = project / "boards" / "my-cpu.toml"
    path.write_text(DEVICE.replace("tdp = { value = 65", "tdp = { value = -65"), "utf-8")
    done = run(*command)
    assert (done.code, done.out) == (2, "")
    line = next(n for n, text in enumerate(path.read_text("utf-8").splitlines(), 1) if text.startswith("tdp"))
    assert done.err.startswith(f"error: {path}:{line}: power.tdp.value: ")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('["absent"]', "absent is not a folder"),
        ('"src/net.py"', "src/net.py is not a folder"),
        ("[3]", "name folders, not 3"),
    ],
)
def test_a_path_that_is_none(run: Callable, project: Path, given: str, message: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.graphperf]\nhardware-path = {given}\n", "utf-8")
    done = run("graphperf", "analyze", str(project / "src" / "net.py"))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {project / 'pyproject.toml'}: [tool.graphperf] hardware-path")
    assert message in done.err
