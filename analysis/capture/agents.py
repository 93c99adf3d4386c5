"""Agent processes: one per interpreter, started as the user's own Python, asked over pipes, replaced when they die."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from .decode import decode_graph
from .request import Captured, CaptureError, CaptureRequest

_BOOTSTRAP = Path(__file__).with_name("agent") / "bootstrap.py"
_SINGLE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
_STDERR_LINES = 20


class AgentUnavailable(RuntimeError):
    """The interpreter cannot run captures: missing, broken, or without torch."""


class Agent:
    """One agent process. `capture` may be called from any thread; answers arrive as futures."""

    def __init__(self, python: str) -> None:
        self.python = python
        self._ids = itertools.count(1)
        self._waiting: dict[int, Future[Captured]] = {}
        self._lock = threading.Lock()
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._ready: Future[dict[str, Any]] = Future()
        self._process = self._start()
        threading.Thread(target=self._read_answers, daemon=True, name="graphperf-agent").start()
        threading.Thread(target=self._read_stderr, daemon=True, name="graphperf-agent-stderr").start()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **_SINGLE_THREAD, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            return subprocess.Popen(
                [self.python, str(_BOOTSTRAP)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=os.name == "posix",
            )
        except OSError as error:
            raise AgentUnavailable(f"cannot start the interpreter {self.python}: {error.strerror or error}") from error

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def wait_ready(self, timeout: float | None = None) -> dict[str, Any]:
        """Versions of the interpreter once torch is imported there. Raises `AgentUnavailable` otherwise."""
        hello = self._ready.result(timeout)
        if not hello.get("ready"):
            raise AgentUnavailable(f"the interpreter {self.python} cannot import torch ({hello.get('message')})")
        return hello

    def capture(self, request: CaptureRequest) -> tuple[int, Future[Captured]]:
        """Starts a capture; the number can be given to `cancel`."""
        number = next(self._ids)
        future: Future[Captured] = Future()
        with self._lock:
            self._waiting[number] = future
        try:
            self._send({"id": number, **request.message()})
        except OSError:
            self._lose_all()
        return number, future

    def cancel(self, number: int) -> None:
        """Stops a capture; its future is cancelled."""
        with self._lock:
            future = self._waiting.pop(number, None)
        if future is not None:
            future.cancel()
            try:
                self._send({"id": number, "op": "cancel"})
            except OSError:
                self._lose_all()

    def close(self) -> None:
        """Ends the process and everything it runs."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def _read_answers(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if "ready" in message:
                self._ready.set_result(message)
                continue
            with self._lock:
                future = self._waiting.pop(message["id"], None)
            if future is not None and future.set_running_or_notify_cancel():
                future.set_result(_decode(message))
        self._lose_all()

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._stderr.append(line.decode(errors="replace").rstrip())

    def _lose_all(self) -> None:
        if not self._ready.done():
            last = self._stderr[-1] if self._stderr else "it ended without a word"
            self._ready.set_result({"ready": False, "message": last})
        with self._lock:
            lost, self._waiting = self._waiting, {}
        for future in lost.values():
            if future.set_running_or_notify_cancel():
                future.set_result(Captured(error=CaptureError("crash", "the capturing process ended")))


class AgentPool:
    """Keeps one agent per interpreter and starts a new one when it has died."""

    def __init__(self) -> None:
        self._agents: dict[str, Agent] = {}
        self._lock = threading.Lock()

    def agent(self, python: str | None = None) -> Agent:
        """The agent of an interpreter (default: this one); raises `AgentUnavailable` when it cannot start."""
        key = python or sys.executable
        with self._lock:
            agent = self._agents.get(key)
            if agent is None or not agent.alive:
                agent = self._agents[key] = Agent(key)
            return agent

    def close(self) -> None:
        """Ends all agents."""
        with self._lock:
            agents, self._agents = list(self._agents.values()), {}
        for agent in agents:
            agent.close()

    def __enter__(self) -> AgentPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _decode(message: dict[str, Any]) -> Captured:
    error = message.get("error")
    if error is not None:
        return Captured(error=CaptureError(error["stage"], error["message"], error.get("file"), error.get("line")))
    return Captured(graph=decode_graph(message["graph"]), constructed=message["graph"]["origin"])
