"""Agents, captures and what they leave, when processes end that should not, or say what they should not."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from graphperf.analysis.capture import Agent, AgentPool, CaptureRequest, PoolCapturer, agents
from graphperf.analysis.capture.agents import _captured
from graphperf.analysis.discovery import FileTarget, ModuleTarget
from graphperf.analysis.discovery.classes import Candidate
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")]

MODEL = """\
import os, time
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
{body}
        return self.fc(x)
"""


def _request(body, file="/tmp/model.py", seconds=20.0):
    return CaptureRequest(
        candidates=(Candidate("Net()", "a test"),),
        file=file,
        text=MODEL.format(body=textwrap.indent(body, " " * 8)),
        inputs=(((1, 4), "float32"),),
        seconds=seconds,
        memory_gb=1,
    )


WORKS = _request("pass")
HANGS = _request("while True: pass")
WAITING = 2  # processes and their folders that are ready for the next requests


@pytest.fixture(scope="module")
def agent():
    agent = Agent(sys.executable)
    agent.wait_ready(120)
    yield agent
    agent.close()


def _children(process):
    return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _wait(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def _running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _processor_seconds(process):
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _started(process):
    """The child that runs an endless capture; processes that wait for a request soon rest."""
    _wait(lambda: any(_processor_seconds(child) > 0.5 for child in _children(process)))
    return max(_children(process), key=_processor_seconds)


def _error(agent, request):
    error = agent.capture(request)[1].result(60).error
    assert error is not None
    return error


JUNK = [
    b"", b"null", b"3", b"[]", b"{}", b"\xff\xfe", b'{"graph": {}}', b'{"graph": 1}', b'{"error": {}}', b'{"error": 3}',
    b'{"error": {"stage": "x", "message": "y", "file": "z", "line": "w"}}', b"[" * 100_000, b'{"graph": {"tensors": [[]]}}',
]  # fmt: skip


@pytest.mark.parametrize("answer", JUNK, ids=range(len(JUNK)))
def test_an_answer_that_is_none_is_an_error(answer):
    captured = _captured(answer)
    assert captured.graph is None
    assert captured.error is not None
    assert captured.error.stage == "crash"


WRITE_EVERYWHERE = """\
for number in range(3, 512):
    try: os.write(number, {data})
    except OSError: pass
"""


@pytest.mark.parametrize("data", ['b\'{"id": 1, "graph": {}}\\n\'', "b'\\n'", "b'{\"graph\": ' + b'[' * 9000"])
def test_writing_to_all_descriptors_harms_nobody_else(agent, data):
    _, other = agent.capture(_request("time.sleep(0.5)"))
    _, junk = agent.capture(_request(WRITE_EVERYWHERE.format(data=data) + "os.closerange(3, 512)"))
    assert junk.result(20).error.stage == "crash"
    assert other.result(20).graph is not None
    assert agent.capture(WORKS)[1].result(20).graph is not None


def test_an_answer_without_end_is_cut(agent):
    endless = "chunk = bytes(1 << 20)\nwhile True: " + "os.write(answer, chunk)"
    find = "import stat\nanswer = next(n for n in range(200, 512) if os.path.exists(f'/proc/self/fd/{n}'))\n"
    error = _error(agent, _request(find + endless))
    assert "larger than 256 MB" in error.message
    assert agent.capture(WORKS)[1].result(20).graph is not None


def test_a_cancelled_capture_leaves_nothing(agent):
    number, future = agent.capture(HANGS)
    child = _started(agent._process.pid)
    agent.cancel(number)
    assert future.cancelled()
    _wait(lambda: not _running(child))
    _wait(lambda: len(os.listdir(agent.wait_ready()["scratch"])) <= WAITING)
    assert agent.capture(WORKS)[1].result(20).graph is not None


@pytest.mark.parametrize("name", ["modèle €\U0001d4b3.py", "a" * 200 + ".py"])
def test_the_line_is_found_in_files_of_any_name(agent, tmp_path, name):
    file = str(tmp_path / name)
    error = _error(agent, _request("while True: pass", file, seconds=0.5))
    assert (error.stage, error.file, error.line) == ("timeout", file, 11)


@pytest.mark.slow
def test_captures_end_with_a_killed_agent():
    with AgentPool() as pool:
        agent = pool.agent()
        scratch = Path(agent.wait_ready(120)["scratch"])
        _, future = agent.capture(HANGS)
        child = _started(agent._process.pid)
        os.kill(agent._process.pid, signal.SIGKILL)
        lost = future.result(10).error
        assert lost is not None
        assert lost.message == "the capturing process ended"
        _wait(lambda: not _running(child))
        _wait(lambda: not scratch.exists())
        assert not agent.alive
        assert _error(agent, WORKS).stage == "crash"
        assert PoolCapturer(pool).capture(WORKS).graph is not None


@pytest.mark.slow
def test_a_capture_lost_with_its_agent_is_tried_again():
    with AgentPool() as pool:
        agent = pool.agent()
        agent.wait_ready(120)
        captured = []
        slow = _request("while time.process_time() < 3: pass")
        thread = threading.Thread(target=lambda: captured.append(PoolCapturer(pool).capture(slow)))
        thread.start()
        _started(agent._process.pid)
        os.kill(agent._process.pid, signal.SIGKILL)
        thread.join(60)
        assert captured[0].graph is not None


HOST = """\
import sys, time
from graphperf.analysis.capture import Agent, CaptureRequest
from graphperf.analysis.discovery.classes import Candidate

agent = Agent(sys.executable)
hello = agent.wait_ready(120)
agent.capture(CaptureRequest((Candidate("Net()", ""),), file="/tmp/model.py", text={text!r}))
print(agent._process.pid, hello["scratch"], flush=True)
time.sleep(60)
"""


def test_nothing_outlives_a_killed_host():
    host = subprocess.Popen([sys.executable, "-c", HOST.format(text=HANGS.text)], stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.DEVNULL)  # fmt: skip
    with host:
        assert host.stdout is not None
        process, scratch = host.stdout.readline().split()
        child = _started(process)
        host.kill()
        host.wait(10)
    _wait(lambda: not _running(child) and not _running(process))
    assert not Path(scratch).exists()


def test_an_interpreter_that_prints_when_it_starts(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("print('{}\\nwelcome\\nhalf', end='', flush=True)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    agent = Agent(sys.executable)
    try:
        assert agent.wait_ready(120)["ready"]
        assert agent.log[:3] == ("{}", "welcome", "half")
        assert agent.capture(WORKS)[1].result(20).graph is not None
    finally:
        agent.close()


def test_an_interpreter_that_is_still_starting_is_not_waited_for(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import time; time.sleep(600)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(agents, "_END_S", 600)
    agent = Agent(sys.executable)
    agent.close()
    assert not agent.alive


@pytest.mark.slow
def test_folders_of_killed_agents_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "graphperf-dead" / "inner").mkdir(parents=True)
    (tmp_path / "graphperf-new").mkdir()
    (tmp_path / "other-dead").mkdir()
    for name in ("graphperf-dead", "other-dead"):
        os.utime(tmp_path / name, (0, 0))
    agent = Agent(sys.executable)
    scratch = Path(agent.wait_ready(120)["scratch"])
    os.utime(scratch, (0, 0))
    second = Agent(sys.executable)
    second.wait_ready(120)
    assert scratch.exists()
    assert agent.capture(WORKS)[1].result(20).graph is not None
    agent.close()
    second.close()
    assert sorted(path.name for path in tmp_path.glob("*-*")) == ["graphperf-new", "other-dead"]


def test_an_untrusted_target_is_only_read(tmp_path):
    (tmp_path / "model.py").write_text(WORKS.text)
    options = Options(trusted=False)
    analysis = analyze(FileTarget(tmp_path / "model.py"), options, _NeverAsked())
    assert [model.name for model in analysis.discovery.classes] == ["Net"]
    (problem,) = analysis.problems
    assert (analysis.results, problem.stage, problem.line) == ((), "untrusted", analysis.discovery.classes[0].line)
    (problem,) = analyze(ModuleTarget("model", "Net"), options, _NeverAsked()).problems
    assert problem.message == "model:Net: not captured, since the workspace is not trusted and none of its code runs"


class _NeverAsked:
    def capture(self, request):
        raise AssertionError(request)


def test_options_reach_the_agent(agent):
    asked = json.loads(json.dumps(_request("pass").message()))
    assert (asked["seconds"], asked["memory_gb"]) == (20.0, 1)
