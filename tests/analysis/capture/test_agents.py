"""Agent processes: one an interpreter, replaced when they die, cancellable."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from graphperf.analysis.capture import AgentPool, AgentUnavailable, CaptureRequest, PoolCapturer, file_request
from graphperf.analysis.discovery import discover

NET = """import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
    def forward(self, x):
        {statement}
        return self.fc(x)
"""


@pytest.fixture
def request_of(tmp_path: Path) -> Callable[..., CaptureRequest]:
    def request_of(statement: str = "pass", name: str = "model.py") -> CaptureRequest:
        text = NET.format(statement=statement)
        (tmp_path / name).write_text(text)
        return file_request(tmp_path / name, text, discover(text).classes[0], (), "", None)

    return request_of


def test_captures_run_side_by_side_and_out_of_order(pool: AgentPool, request_of: Callable) -> None:
    agent = pool.agent()
    agent.wait_ready(60)
    slow = agent.capture(request_of("import time; time.sleep(3)", "slow.py"))[1]
    started = time.monotonic()
    fast = [agent.capture(request_of())[1] for _ in range(3)]
    assert all(future.result(30).graph is not None for future in fast)
    assert not slow.done()
    assert time.monotonic() - started < 3
    assert slow.result(30).graph is not None


def test_a_cancelled_capture_is_killed(pool: AgentPool, request_of: Callable) -> None:
    agent = pool.agent()
    scratch = Path(agent.wait_ready(60)["scratch"])
    endless = "import os, tempfile, time; open(tempfile.gettempdir() + f'/{os.getpid()}', 'w').close(); time.sleep(600)"
    number, future = agent.capture(request_of(endless))
    deadline = time.monotonic() + 30
    while not (children := _marks(scratch)) and time.monotonic() < deadline:
        time.sleep(0.02)
    child = children[0]
    agent.cancel(number)
    assert future.cancelled()
    with pytest.raises(CancelledError):
        future.result()
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)
    agent.cancel(number)
    agent.cancel(10**9)
    assert agent.capture(request_of())[1].result(30).graph is not None


def _marks(scratch: Path) -> list[int]:
    """Numbers that name files in folders of the scratch folder, which come and go."""
    try:
        return [int(path.name) for path in scratch.glob("*/*") if path.name.isdecimal()]
    except FileNotFoundError:
        return []


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_a_killed_agent_is_replaced(request_of: Callable) -> None:
    with AgentPool() as pool:
        capturer = PoolCapturer(pool)
        assert capturer.capture(request_of()).graph is not None
        first = pool.agent()
        assert pool.agent() is first
        pending = first.capture(request_of("import time; time.sleep(3)"))[1]
        first._process.send_signal(signal.SIGKILL)
        lost = pending.result(30).error
        assert lost is not None
        assert (lost.stage, lost.message) == ("crash", "the capturing process ended")
        first._process.wait(30)
        late = first.capture(request_of())[1].result(30).error
        assert late is not None
        assert late.stage == "crash"
        assert capturer.capture(request_of()).graph is not None
        assert pool.agent() is not first


@pytest.mark.slow
def test_closing_the_pool_ends_agents_and_captures(request_of: Callable) -> None:
    with AgentPool() as pool:
        agent = pool.agent()
        agent.wait_ready(60)
        future = agent.capture(request_of("import time; time.sleep(600)"))[1]
    assert not agent.alive
    error = future.result(30).error
    assert error is not None
    assert error.stage == "crash"


@pytest.fixture
def without_torch(tmp_path: Path) -> str:
    """An interpreter that sees no installed packages."""
    path = tmp_path / "python-without-torch"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    path.chmod(0o755)
    return str(path)


def test_an_interpreter_without_torch(without_torch: str, request_of: Callable) -> None:
    with AgentPool() as pool:
        with pytest.raises(
            AgentUnavailable, match=r"torch cannot be imported \(ModuleNotFoundError: No module named 'torch'"
        ):
            pool.agent(without_torch).wait_ready(60)
        error = PoolCapturer(pool, without_torch).capture(request_of()).error
    assert error is not None
    assert error.stage == "interpreter"
    assert "choose an interpreter that has torch with --python" in error.message


@pytest.mark.parametrize(
    ("python", "message"),
    [
        ("/no/such/python", "cannot start the interpreter /no/such/python: No such file or directory"),
        ("/", "cannot start the interpreter /: Permission denied"),
        ("/bin/true", "nothing runs (it ended without a word) in the interpreter /bin/true"),
        ("/bin/ls", "in the interpreter /bin/ls"),
    ],
)
def test_what_is_no_interpreter(python: str, message: str) -> None:
    with AgentPool() as pool, pytest.raises(AgentUnavailable) as caught:
        pool.agent(python).wait_ready(5)
    assert message in str(caught.value)


def test_ready_says_the_versions(pool: AgentPool) -> None:
    hello = pool.agent().wait_ready(60)
    assert hello["python"] == sys.version.split()[0]
    assert hello["torch"][0].isdigit()


def test_the_engine_itself_never_imports_torch() -> None:
    code = "import sys, graphperf.analysis.cli.main, graphperf.analysis.cli.lint; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
