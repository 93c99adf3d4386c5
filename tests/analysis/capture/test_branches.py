"""Installed packages are imported once for a file, ahead of its captures; the user's own modules in each capture."""

import os
import re
import sys
import time

import pytest

from graphperf.analysis.capture import Agent, CaptureRequest
from graphperf.analysis.discovery.classes import Candidate

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="branches are confined")]

MODEL = """\
import os
from torch import nn
import {library} as slowlib


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        assert slowlib.PROCESS {sign} os.getpid()
        return self.fc(x){more}
"""
IMPORTED_ONCE = "import os\nPROCESS = os.getpid()\n"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("python") / "site-packages"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def agent(packages):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(packages), prepend=os.pathsep)
        agent = Agent(sys.executable)
    agent.wait_ready(120)
    yield agent
    agent.close()


@pytest.fixture
def installed(packages, request):
    """A package of the test's own."""
    name = re.sub(r"\W", "_", request.node.name)
    return packages / f"{name}.py"


def _request(tmp_path, installed, sign="!=", more=""):
    return CaptureRequest(
        candidates=(Candidate("Net()", "a test"),),
        file=str(tmp_path / "model.py"),
        text=MODEL.format(library=installed.stem, sign=sign, more=more),
        inputs=(((1, 4), "float32"),),
        seconds=20,
        imports=(("os", ()), ("torch", ("nn",)), (installed.stem, ())),
    )


def _capture(agent, tmp_path, installed, sign="!=", more=""):
    return agent.capture(_request(tmp_path, installed, sign, more))[1].result(60)


def test_a_package_is_imported_outside_the_capture(agent, installed, tmp_path):
    installed.write_text(IMPORTED_ONCE)
    for more in ("", ".exp()"):
        captured = _capture(agent, tmp_path, installed, more=more)
        assert captured.error is None
        assert str(installed) in [file[0] for file in captured.files]


def test_a_package_that_changes_is_imported_anew(agent, installed, tmp_path):
    installed.write_text(IMPORTED_ONCE)
    assert _capture(agent, tmp_path, installed).error is None
    time.sleep(0.01)
    installed.write_text(IMPORTED_ONCE + "PROCESS = 'changed'\n")
    error = _capture(agent, tmp_path, installed, sign="==").error
    assert error is not None
    assert "AssertionError" in error.message
    assert _capture(agent, tmp_path, installed).error is None


FAILS = {"raise ImportError('no luck')": "no luck", "import ctypes; ctypes.CDLL(None)._exit(3)": "ended"}


@pytest.mark.parametrize("code", FAILS)
def test_a_package_that_fails_is_named_at_the_users_line(agent, installed, tmp_path, code):
    installed.write_text(code)
    for _ in range(2):
        error = _capture(agent, tmp_path, installed).error
        assert error is not None
        assert FAILS[code] in error.message
        assert (error.file, error.line) == (str(tmp_path / "model.py"), 3) or "ended" in error.message


def test_a_package_with_threads_is_imported_in_the_capture(agent, installed, tmp_path):
    installed.write_text(
        IMPORTED_ONCE + "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    assert _capture(agent, tmp_path, installed, sign="==").error is None


def test_a_package_is_confined_when_it_is_imported(agent, installed, tmp_path):
    (outside := tmp_path / "outside").mkdir()
    installed.write_text(
        IMPORTED_ONCE
        + "import socket, subprocess\nfor harm in (\n"
        + f"    lambda: open({str(outside / 'file')!r}, 'w'), lambda: os.rmdir({str(outside)!r}),\n"
        + "    lambda: socket.socket(), lambda: subprocess.run(['true']),\n):\n"
        + "    try:\n        harm()\n    except OSError:\n        continue\n    PROCESS = os.getpid() + 1\n    break\n"
        + "else:\n    HELD = True\n"
    )
    captured = _capture(agent, tmp_path, installed, more="if slowlib.HELD else None")
    assert captured.error is None
    assert list(outside.iterdir()) == []


def test_two_files_with_other_imports_and_cancelled_captures(agent, installed, tmp_path):
    installed.write_text("import time; time.sleep(1)\n" + IMPORTED_ONCE)
    number, cancelled = agent.capture(_request(tmp_path, installed))
    agent.cancel(number)
    assert _capture(agent, tmp_path, installed).error is None
    assert cancelled.cancelled()
