"""Agent processes: one per interpreter, started as the user's own Python, asked over pipes, replaced when they die."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from typing import Any, NamedTuple

from .decode import decode_answer
from .request import Captured, CaptureError, CaptureRequest

_BOOTSTRAP = Path(__file__).with_name("agent") / "bootstrap.py"
# Captures run without threads of torch's own and without a GPU, whatever the machine has.
_ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    "PYTHONDONTWRITEBYTECODE": "1",
    "CUDA_VISIBLE_DEVICES": "",
}
_STDERR_LINES = 200
_END_S = 2.0  # that a process has which is told to end
_SCRATCH_PREFIX = "graphperf-"


class Guarantee(NamedTuple):
    """One promise of confinement, in words, and whether it holds."""

    name: str
    text: str
    holds: bool


_KILLED = -9  # as `Popen` has it: by SIGKILL
_EXIT_S = 0.5  # that a process has which no longer answers


class AgentUnavailable(RuntimeError):
    """The interpreter cannot run captures: missing, broken, or without torch."""


class AgentLost(AgentUnavailable):
    """The interpreter was killed before it had imported torch, by whom ever: another one may get further."""


class _Pending(NamedTuple):
    """A request without an answer yet; `decode` turns the answer, or None when the agent ended, into the result."""

    future: Future[Any]
    decode: Callable[[bytes | None], object]

    def settle(self, answer: bytes | None) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(self.decode(answer))


def _tunables() -> str:
    """Those of the C library that are set already, and huge pages for its heap: forks are cheaper with them."""
    return ":".join(filter(None, [os.environ.get("GLIBC_TUNABLES"), "glibc.malloc.hugetlb=1"]))


class Agent:
    """One agent process. `capture` may be called from any thread; answers arrive as futures."""

    def __init__(self, python: str) -> None:
        self.python = python
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Pending] = {}
        self._ended = self._stopped = False  # stopped: it had to be killed here
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._ready: Future[dict[str, Any]] = Future()
        self._process = self._start()
        self._errors = threading.Thread(target=self._read_stderr, daemon=True, name="graphperf-agent-stderr")
        self._errors.start()
        threading.Thread(target=self._serve, daemon=True, name="graphperf-agent").start()

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [self.python, str(_BOOTSTRAP)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **_ENVIRONMENT, "GLIBC_TUNABLES": _tunables()},
                start_new_session=os.name == "posix",
            )
        except OSError as error:
            raise AgentUnavailable(f"cannot start the interpreter {self.python}: {error.strerror or error}") from error

    @property
    def alive(self) -> bool:
        """Whether the process still answers."""
        return not self._ended and self._process.poll() is None

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines that the interpreter, and captures that failed, printed."""
        return tuple(self._stderr)

    @property
    def process_id(self) -> int:
        """The agent's process."""
        return self._process.pid

    def wait_ready(self, timeout: float | None = None) -> dict[str, Any]:
        """Versions of the interpreter once torch is imported there. Raises `AgentUnavailable` otherwise, `AgentLost` where it
        was killed meanwhile."""
        hello = self._ready.result(timeout)
        if not hello.get("ready"):
            if self._process.returncode == _KILLED and not self._stopped:
                raise AgentLost(f"the interpreter {self.python} was killed")
            raise AgentUnavailable(f"{hello.get('message')} in the interpreter {self.python}")
        return hello

    def capture(self, request: CaptureRequest) -> tuple[int, Future[Captured]]:
        """Starts a capture; the number can be given to `cancel`."""
        future: Future[Captured] = Future()
        return self._ask(request.message(), _Pending(future, _captured)), future

    def probe(self) -> list[Guarantee]:
        """What confinement holds there: tried in a process like a capture's. Empty where it could not be tried."""
        future: Future[list[Guarantee]] = Future()
        self._ask({"op": "probe"}, _Pending(future, _guarantees))
        return future.result()

    def cancel(self, number: int) -> None:
        """Stops a capture; its future is cancelled."""
        with self._lock:
            pending = self._waiting.pop(number, None)
        if pending is not None:
            pending.future.cancel()
            self._send({"id": number, "op": "cancel"})

    def close(self) -> None:
        """Ends the process and everything it runs: at once while it is still importing torch, as it would not notice."""
        if self._process.stdin is not None:
            with self._sending, contextlib.suppress(OSError):
                self._process.stdin.close()
        self._end(_END_S if self._ready.done() else 0.0)

    def _ask(self, message: Mapping[str, Any], pending: _Pending) -> int:
        number = next(self._ids)
        with self._lock:
            ended = self._ended
            if not ended:
                self._waiting[number] = pending
        if ended:
            pending.settle(None)
        else:
            self._send({"id": number, **message})
        return number

    def _send(self, message: Mapping[str, Any]) -> None:
        """Sends a line; an agent that does not take it has ended, which `_serve` notices."""
        assert self._process.stdin is not None
        data = json.dumps(message).encode() + b"\n"
        with self._sending, contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def _serve(self) -> None:
        """Takes answers until the process ends, or says what no agent says."""
        try:
            self._read_hello()
            self._read_answers()
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._stderr.append(f"not an answer of an agent: {error}")
        finally:
            self._end()

    def _read_hello(self) -> None:
        """Interpreters may print on their own when they start; that is not the agent yet."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            text = line.decode(errors="replace").rstrip()
            if text.startswith('{"ready": '):
                self._ready.set_result(json.loads(text))
                return
            self._stderr.append(text)

    def _read_answers(self) -> None:
        output = self._process.stdout
        assert output is not None
        for line in output:
            header = json.loads(line)
            answer = output.read(header["bytes"])
            if len(answer) < header["bytes"]:
                return
            with self._lock:
                pending = self._waiting.pop(header["id"], None)
            if pending is not None:
                pending.settle(answer)

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._stderr.append(line.decode(errors="replace").rstrip())

    def _end(self, patience: float = _EXIT_S) -> None:
        """Ends the process if it has not within so many seconds; answers what waits, deletes what a killed agent could not."""
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._stopped = True
            self._process.kill()
            self._process.wait()
        if not self._ready.done():
            self._errors.join(_EXIT_S)  # its last words may still be on their way
            last = self._stderr[-1] if self._stderr else "it ended without a word"
            with contextlib.suppress(InvalidStateError):
                self._ready.set_result({"ready": False, "message": f"nothing runs ({last})"})
        with self._lock:
            self._ended = True
            lost, self._waiting = self._waiting, {}
        for pending in lost.values():
            pending.settle(None)
        scratch = Path(self._ready.result().get("scratch") or "")
        if scratch.name.startswith(_SCRATCH_PREFIX):
            shutil.rmtree(scratch, ignore_errors=True)


class AgentPool:
    """Keeps one agent per interpreter and starts a new one when it has died, until it is closed."""

    def __init__(self) -> None:
        self._agents: dict[str, Agent] = {}
        self._closed = False
        self._lock = threading.Lock()

    def agent(self, python: str | None = None) -> Agent:
        """The agent of an interpreter (default: this one); raises `AgentUnavailable` when it cannot start."""
        key = python or sys.executable
        with self._lock:
            if self._closed:
                raise AgentUnavailable("no more captures are made")
            agent = self._agents.get(key)
            if agent is None or not agent.alive:
                if agent is not None:
                    agent.close()
                agent = self._agents[key] = Agent(key)
            return agent

    def start_ahead(self, python: str) -> None:
        """Has an interpreter import torch while the caller does something else. One that cannot start says so when asked."""
        with contextlib.suppress(AgentUnavailable):
            self.agent(python)

    def close(self) -> None:
        """Ends all agents."""
        with self._lock:
            agents, self._agents, self._closed = list(self._agents.values()), {}, True
        for agent in agents:
            agent.close()

    def __enter__(self) -> AgentPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _captured(answer: bytes | None) -> Captured:
    """What an answer says. The user's code may have written it: whatever it holds, it is a capture or an error."""
    if answer is None:
        return Captured(error=CaptureError("crash", "the capturing process ended"))
    try:
        return decode_answer(answer)
    except Exception as error:
        return Captured(error=CaptureError("crash", f"the capture gave no answer ({type(error).__name__}: {error})"))


def _guarantees(answer: bytes | None) -> list[Guarantee]:
    try:
        return [Guarantee(g["name"], g["text"], bool(g["holds"])) for g in json.loads(answer or b"{}")["probe"]]
    except (ValueError, KeyError, TypeError):
        return []
