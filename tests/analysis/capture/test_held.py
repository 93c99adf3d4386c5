"""The load of an edited file in a package is held where the file's own statements begin; captures go on from there."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graphperf.analysis.capture import Agent, Captured
from graphperf.analysis.capture.request import file_request
from graphperf.analysis.discovery import discover

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="branches are confined")]

LEADING = "from torch import nn\nfrom . import layers\n"
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(layers.WIDTH, {out})

    def forward(self, x):
        return layers.act(self.fc(x))
"""
# Whether the layers were imported by another process shows in the width of the result.
HELD, HERE = 3, 5
WHERE = f"{HELD} if layers.PROCESS != __import__('os').getpid() else {HERE}"
LAYERS = """
import os
PROCESS = os.getpid()
WIDTH = 8
SEEN = []
def act(x):
    return x.relu()
"""


@pytest.fixture(scope="module")
def agents() -> Iterator[Callable[[], Agent]]:
    """One agent of this module for the tests, which each have a package of their own."""
    made: list[Agent] = []

    def agent() -> Agent:
        if not made or not made[0].alive:
            made[:] = [Agent(sys.executable)]
            made[0].wait_ready(120)
        return made[0]

    yield agent
    for used in made:
        used.close()


class Package:
    """A package whose `__init__` imports all of it, the edited file among the rest."""

    def __init__(self, folder: Path, agent: Agent) -> None:
        self.folder, self._agent, self._edits = folder / f"package_{folder.name}", agent, 0
        self.folder.mkdir()
        self.write("__init__.py", "from . import layers, net, user\n")
        self.write("layers.py", LAYERS)
        self.write("user.py", "from .net import Net\nclass Sub(Net):\n    pass\n")
        self.write("net.py", "raise RuntimeError('the text of the editor counts')\n")

    def write(self, name: str, text: str) -> None:
        self.folder.joinpath(name).write_text(text)

    def text(self, out: str | int, more: str = "") -> str:
        """A text of the file that is not like any before."""
        self._edits += 1
        return f"{LEADING}EDIT = {self._edits}\n{more}{NET.format(out=out)}"

    def capture(self, text: str, seconds: float = 90.0) -> Captured:
        (model,) = discover(text).classes
        request = file_request(self.folder / "net.py", text, model, (((1, 8), "float32"),), "given", None)
        return self._agent.capture(replace(request, seconds=seconds))[1].result(200)

    def width(self, out: str | int, more: str = "") -> int:
        captured = self.capture(self.text(out, more))
        assert captured.graph is not None, captured.error
        return captured.graph.tensors[captured.graph.output_tensors[0]].shape[-1]

    def hold(self, tries: int = 100) -> bool:
        """Edits until captures go on from a load that is held."""
        for _ in range(tries):
            if self.width(WHERE) == HELD:
                return True
            time.sleep(0.1)
        return False


@pytest.fixture
def package(tmp_path: Path, agents: Callable[[], Agent]) -> Package:
    return Package(tmp_path, agents())


def test_a_capture_from_a_held_load_is_like_any_other(package: Package) -> None:
    package.write("layers.py", LAYERS + "import click\nfrom no_such_thing import missing\nopen(__file__).close()\n")
    more = "import this_is_not_there\nfrom .layers import missing as gone\ndef unused(x: NotThere): ...\n"
    text = f"from __future__ import annotations\n{package.text(7, more)}"
    assert package.capture(text).error is None
    plain = package.capture(text)
    assert package.hold()
    held = package.capture(text)
    assert held.graph == plain.graph
    assert held.files == plain.files
    assert held.answer == plain.answer
    assert held.graph is not None
    assert any("no_such_thing" in words for words in held.graph.assumptions)


def test_packages_that_the_rest_of_a_package_imports_are_there(package: Package) -> None:
    package.write("user.py", "from .net import Net\nimport click\n")
    early = "import sys\nEARLY = 'click' in sys.modules\n"
    assert package.width("7 if EARLY else 6", early) == 6
    assert package.hold()
    assert package.width("7 if EARLY else 6", early) == 7
    package.write("user.py", "from .net import Net\nimport os\nos.environ['MODE'] = 'x'\nimport click\n")
    assert package.width("7 if EARLY else 6", early) == 6
    assert package.hold()
    assert package.width("7 if EARLY else 6", early) == 6  # it may read the variable


def test_what_the_edit_raises_is_named_at_its_line(package: Package) -> None:
    assert package.hold()
    assert package.width(4, "1 / 0\n") == 4  # the class does without
    error = package.capture(package.text("1 // 0")).error
    assert error is not None
    assert (error.stage, error.line) == ("construct", 8)
    error = package.capture(package.text(4, "import gone\n").replace("layers.WIDTH", "gone.WIDTH")).error
    assert error is not None
    assert (error.stage, error.line) == ("import", 4)
    assert package.width(WHERE) == HELD


def test_one_capture_leaves_nothing_for_the_next(package: Package) -> None:
    assert package.hold()
    change = "layers.SEEN.append(1)\nlayers.WIDTH = 8\nlayers.PROCESS = 0\n"
    assert [package.width("3 + len(layers.SEEN)", change) for _ in range(3)] == [4, 4, 4]
    assert package.width(WHERE) == HELD


@pytest.mark.parametrize("name", ["layers.py", "__init__.py", "user.py", "data.txt"])
def test_a_file_that_changes_is_read_anew(package: Package, name: str) -> None:
    package.write("data.txt", "a")
    package.write("layers.py", LAYERS + "TEXT = open(os.path.dirname(__file__) + '/data.txt').read()\n")
    assert package.hold()
    file = package.folder / name
    if name == "data.txt":
        assert package.width("len(layers.TEXT)") == 1
        file.write_text("abc")
        assert package.width("len(layers.TEXT)") == 3
    else:
        file.write_text(
            file.read_text() + ("NEW = 6\n" if name == "layers.py" else "from . import layers\nlayers.NEW = 6\n")
        )
        assert package.width("getattr(layers, 'NEW', 1)") == 6
    assert package.hold()


def test_a_file_that_appears_is_found(package: Package) -> None:
    package.write(
        "layers.py", LAYERS + "FILES = sorted(n for n in os.listdir(os.path.dirname(__file__)) if n[0] != '_')\n"
    )
    assert package.hold()
    assert package.width("len(layers.FILES)") == 3
    package.write("new.py", "")
    assert package.width("len(layers.FILES)") == 4
    package.folder.joinpath("new.py").unlink()
    assert package.width("len(layers.FILES)") == 3


def test_an_import_that_raises_is_named_and_then_mended(package: Package) -> None:
    assert package.hold()
    package.write("layers.py", LAYERS + "from .nowhere import x\n")
    captured = package.capture(package.text(4))
    package.write("layers.py", LAYERS + "def broken(:\n")
    broken = package.capture(package.text(4))
    assert broken.error is not None
    assert (broken.error.stage, broken.error.file, broken.error.line) == (
        "import",
        str(package.folder / "layers.py"),
        8,
    )
    assert captured.error is None or "nowhere" in captured.error.message
    package.write("layers.py", LAYERS)
    assert package.hold()


REFUSED = {
    "writes": "try:\n    open('/x/y', 'w')\nexcept PermissionError:\n    pass\n",
    "a temporary file": "import tempfile\nFILE = tempfile.mkstemp()\nopen(FILE[1], 'w').close()\n",
    "a process": "import subprocess\ntry:\n    subprocess.run(['true'])\nexcept OSError:\n    pass\n",
    "a thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_each_capture_is_to_do_by_itself_is_not_held(package: Package, name: str) -> None:
    package.write("layers.py", LAYERS + REFUSED[name])
    assert not package.hold(6)


def test_code_that_keeps_a_branch_from_answering_is_captured_without(package: Package) -> None:
    package.write(
        "layers.py", LAYERS + "import selectors, time\nselectors.DefaultSelector.select = lambda *_: time.sleep(99)\n"
    )
    began = time.monotonic()
    while time.monotonic() - began < 12:
        assert package.capture(package.text(4), seconds=1).error is None
        time.sleep(0.2)
    assert package.width(WHERE) == HERE
