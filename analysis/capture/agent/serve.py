"""The agent's loop: one JSON request a line on stdin, one JSON answer a line on stdout, each capture in its own fork.

    {"id": 1, "op": "capture", "seconds": 30, ...}   →   {"id": 1, "graph": {...}} or {"id": 1, "error": {...}}
    {"id": 1, "op": "cancel"}                        →   no answer; the capture is killed

The loop stays single-threaded, so that a fork is safe. Where there is no fork, a capture runs in the loop's own
process, which the host replaces after it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from .capture import Request


def main() -> None:
    """Serves until stdin closes."""
    requests, answers = _private_streams()
    try:
        import torch
    except BaseException as error:  # whatever importing torch raises is the answer
        _write(answers, {"ready": False, "message": f"{type(error).__name__}: {error}"})
        return
    _warm_up()
    _write(answers, {"ready": True, "torch": torch.__version__, "python": sys.version.split()[0]})
    gc.freeze()
    _Loop(requests, answers).run()
    os._exit(0)  # torch's own tear-down takes long and may print


def _private_streams() -> tuple[int, int]:
    """Moves the protocol to descriptors of its own; what user code prints goes to stderr, what it reads is empty."""
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return requests, answers


def _warm_up() -> None:
    """Runs one small capture, so that what torch loads on first use is loaded before the first fork."""
    import torch
    from torch import nn

    from . import atoms, capture, modules  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from .recorder import Recorder
    from .sources import SourceLocator

    torch.set_num_threads(1)
    with torch.no_grad(), Recorder(SourceLocator()):
        model = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2)
        )
        model[:3].eval()(torch.empty(1, 3, 4, 4, device="meta"))


def _write(descriptor: int, message: Mapping[str, object]) -> None:
    data = (json.dumps(message) + "\n").encode()
    while data:
        data = data[os.write(descriptor, data) :]


class _Child:
    def __init__(self, request: Request, pid: int, pipe: int) -> None:
        self.request_id, self.pid, self.pipe = request["id"], pid, pipe
        self.seconds = float(request.get("seconds") or 60)
        self.deadline = time.monotonic() + self.seconds
        self.chunks: list[bytes] = []


class _Loop:
    def __init__(self, requests: int, answers: int) -> None:
        self._requests, self._answers = requests, answers
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}
        self._buffer = b""

    def run(self) -> None:
        if not hasattr(os, "fork"):
            self._run_without_fork()
            return
        self._selector.register(self._requests, selectors.EVENT_READ, None)
        while True:
            for key, _ in self._selector.select(self._patience()):
                if key.data is None:
                    if not self._read_requests():
                        self._kill_all()
                        return
                else:
                    self._read_child(key.data)
            self._stop_late_children()

    def _patience(self) -> float | None:
        if not self._children:
            return None
        return max(0.0, min(child.deadline for child in self._children.values()) - time.monotonic())

    def _read_requests(self) -> bool:
        data = os.read(self._requests, 1 << 16)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if request["op"] == "cancel":
                self._cancel(request["id"])
            else:
                self._fork(request)
        return bool(data)

    def _fork(self, request: Request) -> None:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._be_child(request, read, write)
        os.close(write)
        child = _Child(request, pid, read)
        self._children[child.request_id] = child
        self._selector.register(read, selectors.EVENT_READ, child)

    def _be_child(self, request: Request, read: int, write: int) -> NoReturn:
        status = 1
        try:
            os.setpgid(0, 0)
            os.close(read)
            os.close(self._requests)
            os.close(self._answers)
            gc.disable()
            from .capture import capture

            _write(write, {"id": request["id"], **capture(request)})
            status = 0
        finally:
            os._exit(status)

    def _read_child(self, child: _Child) -> None:
        data = os.read(child.pipe, 1 << 20)
        if data:
            child.chunks.append(data)
            return
        status = self._reap(child)
        answer = b"".join(child.chunks)
        if status == 0 and answer.endswith(b"\n"):
            self._send(answer)
        else:
            self._fail(child, "crash", _cause_of_death(status))

    def _stop_late_children(self) -> None:
        now = time.monotonic()
        for child in [c for c in self._children.values() if c.deadline <= now]:
            self._reap(child, kill=True)
            self._fail(child, "timeout", f"still running after {child.seconds:g} s")

    def _cancel(self, request_id: int) -> None:
        child = self._children.get(request_id)
        if child is not None:
            self._reap(child, kill=True)

    def _kill_all(self) -> None:
        for child in list(self._children.values()):
            self._reap(child, kill=True)

    def _reap(self, child: _Child, kill: bool = False) -> int:
        self._selector.unregister(child.pipe)
        os.close(child.pipe)
        del self._children[child.request_id]
        if kill:
            for target in (child.pid, -child.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(target, signal.SIGKILL) if target > 0 else os.killpg(child.pid, signal.SIGKILL)
        return os.waitpid(child.pid, 0)[1]

    def _fail(self, child: _Child, stage: str, message: str) -> None:
        error = {"stage": stage, "message": message, "file": None, "line": None}
        _write(self._answers, {"id": child.request_id, "error": error})

    def _send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._answers, data) :]

    def _run_without_fork(self) -> None:
        from .capture import capture

        with os.fdopen(self._requests, "rb") as requests:
            for line in requests:
                request = json.loads(line)
                if request["op"] == "capture":
                    _write(self._answers, {"id": request["id"], **capture(request)})
                    return


def _cause_of_death(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"the model's code was killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"the model's code ended the process with status {os.WEXITSTATUS(status)}"
