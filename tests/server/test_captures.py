import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from graphperf.analysis.capture import AgentUnavailable, Captured, CaptureError, CaptureRequest, capturers
from graphperf.analysis.discovery.classes import Candidate
from graphperf.server.captures import Cancellation, SessionCapturer, Superseded

REQUEST = CaptureRequest((Candidate("Net()", "defaults"),), file="/m.py", text="class Net: ...")
GRAPH = Captured(graph=object())  # pyright: ignore[reportArgumentType]
CRASH = Captured(error=CaptureError("crash", "the capturing process ended"))


class FakeAgent:
    """Answers as it is told to; `cancel` does what the real one does."""

    python = "python"

    def __init__(self, answer=None, alive=True, ready=True):
        self.alive, self._answer, self._ready = alive, answer, ready
        self.started = threading.Event()
        self.cancelled = []
        self._futures = {}

    def wait_ready(self, timeout=None):
        if not self._ready:
            raise AgentUnavailable("torch cannot be imported (no module) in the interpreter python")

    def capture(self, request):
        number, future = len(self._futures) + 1, Future()
        self._futures[number] = future
        if self._answer is not None:
            future.set_result(self._answer)
        self.started.set()
        return number, future

    def cancel(self, number):
        self.cancelled.append(number)
        self._futures[number].cancel()


class FakePool:
    """Gives one agent after the other."""

    def __init__(self, *agents):
        self._agents = list(agents)
        self.asked = 0

    def agent(self, python=None):
        self.asked += 1
        return self._agents.pop(0) if len(self._agents) > 1 else self._agents[0]


def capturer(pool, cancellation=None):
    return SessionCapturer(pool, None, cancellation or Cancellation())


def test_agents_that_died_are_followed_by_others_until_it_is_too_often(monkeypatch):
    pauses, cancellation = [], Cancellation()
    monkeypatch.setattr(cancellation, "pause", pauses.append)
    dead = FakeAgent(CRASH, alive=False)
    pool = FakePool(dead, FakeAgent(CRASH, alive=False), FakeAgent(GRAPH))
    assert capturer(pool, cancellation).capture(REQUEST) is GRAPH
    pauses.clear()
    pool = FakePool(dead)
    found = capturer(pool, cancellation).capture(REQUEST)
    assert found.error is not None
    assert "killed 7 times" in found.error.message
    assert pool.asked == 7
    assert pauses == sorted(pauses)
    assert sum(pauses) > 5


def test_cancelling_ends_the_pause_before_another_agent(monkeypatch):
    monkeypatch.setattr(capturers, "_PAUSE_S", 1e6)
    pool, cancellation = FakePool(FakeAgent(CRASH, alive=False)), Cancellation()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(capturer(pool, cancellation).capture, REQUEST)
        while pool.asked < 2:
            time.sleep(0.001)
        cancellation.cancel()
        with pytest.raises(Superseded):
            running.result(10)
    assert pool.asked == 2


def test_a_crash_of_the_model_is_no_reason_to_ask_again():
    pool = FakePool(FakeAgent(CRASH, alive=True))
    assert capturer(pool).capture(REQUEST) is CRASH
    assert pool.asked == 1


def test_an_interpreter_without_torch_is_an_error_that_names_the_setting():
    error = capturer(FakePool(FakeAgent(ready=False))).capture(REQUEST).error
    assert error is not None
    assert error.stage == "interpreter"
    assert "graphperf.interpreter" in error.message


def test_cancelling_ends_a_running_capture():
    agent, cancellation = FakeAgent(), Cancellation()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(capturer(FakePool(agent), cancellation).capture, REQUEST)
        assert agent.started.wait(10)
        cancellation.cancel()
        with pytest.raises(Superseded):
            running.result(10)
    assert agent.cancelled == [1]


def test_nothing_is_asked_once_cancelled():
    pool, cancellation = FakePool(FakeAgent(GRAPH)), Cancellation()
    cancellation.cancel()
    with pytest.raises(Superseded):
        capturer(pool, cancellation).capture(REQUEST)
    assert pool.asked == 0


def test_a_late_callback_is_called_at_once_and_a_finished_one_never():
    called: list[str] = []
    cancellation = Cancellation()
    with cancellation.stopping(lambda: called.append("finished")):
        pass
    cancellation.cancel()
    with cancellation.stopping(lambda: called.append("late")):
        assert called == ["late"]
