"""The agent's loop: one JSON request a line on stdin; an answer is a line with its length, and then its JSON.

    {"id": 1, "op": "capture", "seconds": 30, ...}   →   {"id": 1, "bytes": 5120} and {"graph": {...}} or {"error": {...}}
    {"id": 2, "op": "probe"}                         →   {"id": 2, "bytes": 640} and {"probe": [...]}: what confinement holds
    {"id": 1, "op": "cancel"}                        →   no answer; the capture is killed

The user's code writes what stands in the answer, so the loop passes it on unread: it cannot speak for other captures.
Each capture has its own fork. The loop stays single-threaded, so that a fork is safe. Where there is no fork, a capture
runs in the loop's own process, which the host replaces after it.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import imported

if TYPE_CHECKING:
    from .capture import Request
    from .diagnosis import Verdict
    from .scratch import Scratch
    from .watched import Watched

_TAKE_DOWN_S = 0.02


def main() -> None:
    """Serves until stdin closes."""
    requests, answers = _private_streams()
    _write(answers, b"\n")  # the interpreter may have printed without ending the line
    try:
        import torch
    except BaseException as error:  # whatever importing torch raises is the answer
        _write_line(answers, {"ready": False, "message": f"{type(error).__name__}: {error}"})
        return
    _warm_up()
    imported.remember_start()
    from .confine import mechanisms
    from .scratch import Scratch

    with Scratch() as scratch:
        versions = {"torch": torch.__version__, "python": sys.version.split()[0]}
        _write_line(answers, {"ready": True, **versions, "scratch": scratch.root, "mechanisms": mechanisms()})
        gc.freeze()
        if hasattr(os, "fork"):
            _Loop(requests, answers, scratch).run()
        else:
            _serve_one(requests, answers, scratch)
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

    from . import atoms, capture, conversions, modules  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from .recorder import Recorder
    from .sources import SourceLocator

    torch.set_num_threads(1)
    with torch.no_grad(), Recorder(SourceLocator()):
        model = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2)
        )
        image = torch.empty(1, 3, 4, 4, device="meta")
        model[:3].eval()(image)
        # Pointwise meta kernels import torch._dynamo (a second): not in every capture, nor under its restrictions.
        torch.softmax(image * image.transpose(2, 3) + 1, 1).mean()


def _write_line(descriptor: int, message: Mapping[str, object]) -> None:
    _write(descriptor, json.dumps(message).encode() + b"\n")


def _write_answer(descriptor: int, request_id: int, answer: bytes) -> None:
    _write_line(descriptor, {"id": request_id, "bytes": len(answer)})
    _write(descriptor, answer)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


class _Loop:
    def __init__(self, requests: int, answers: int, scratch: Scratch) -> None:
        from .sources import SourceLocator

        self._requests, self._answers = requests, answers
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, Watched] = {}
        self._scratch = scratch
        self._locator = SourceLocator()
        self._buffer = b""
        self._going: list[Watched] = []  # have answered; the system takes a while to take a process down

    def run(self) -> None:
        self._selector.register(self._requests, selectors.EVENT_READ, None)
        try:
            while self._serve():
                pass
        except BrokenPipeError:  # the host is gone
            pass
        finally:
            for child in [*self._children.values(), *self._going]:
                child.end()

    def _serve(self) -> bool:
        for key, _ in self._selector.select(self._patience()):
            if key.data is None:
                if not self._read_requests():
                    return False
            elif key.data.request_id in self._children and not key.data.read(key.fd):
                self._pipe_closed(key.data, key.fd)
        for child in list(self._children.values()):
            if not child.check():
                self._finish(child)
        self._going = [child for child in self._going if not child.gone()]
        return True

    def _patience(self) -> float | None:
        if not self._children:
            return _TAKE_DOWN_S if self._going else None
        from .watched import LOOK_S

        first = min(child.deadline for child in self._children.values())
        return max(0.0, min(first - time.monotonic(), LOOK_S))

    def _read_requests(self) -> bool:
        data = os.read(self._requests, 1 << 16)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if request["op"] == "cancel":
                self._cancel(request["id"])
            else:
                self._start(request)
        return bool(data)

    def _start(self, request: Request) -> None:
        try:
            self._fork(request)
        except OSError as error:
            self._fail(request["id"], "crash", f"no process for the capture: {error.strerror or error}", None)

    def _fork(self, request: Request) -> None:
        from .child import Sinks, run
        from .watched import Watched

        folder = self._scratch.new()
        reads, writes = zip(*(os.pipe() for _ in Sinks._fields))  # noqa: B905 (Python 3.10)
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            run(request, Sinks(*writes), folder, parent)
        for end in writes:
            os.close(end)
        child = Watched(request, process, Sinks(*reads), folder)
        self._children[child.request_id] = child
        for pipe in reads:
            os.set_blocking(pipe, False)
            self._selector.register(pipe, selectors.EVENT_READ, child)

    def _pipe_closed(self, child: Watched, pipe: int) -> None:
        """The answer's end is the capture's end, whatever the process goes on to do."""
        if pipe == child.pipes.answer:
            self._finish(child)
        else:
            self._selector.unregister(pipe)

    def _finish(self, child: Watched) -> None:
        answer = child.answer()
        if answer is not None:
            _write_answer(self._answers, child.request_id, answer)
            self._forget(child)
            child.kill()
            self._going.append(child)
            return
        from .diagnosis import place

        verdict = self._end(child)
        self._fail(child.request_id, *verdict, place(child.report, child.target, self._locator))
        sys.stderr.write(child.output)
        sys.stderr.flush()

    def _cancel(self, request_id: int) -> None:
        child = self._children.get(request_id)
        if child is not None:
            self._end(child)

    def _end(self, child: Watched) -> Verdict:
        self._forget(child)
        return child.end()

    def _forget(self, child: Watched) -> None:
        registered = self._selector.get_map()
        for pipe in child.pipes:
            if pipe in registered:
                self._selector.unregister(pipe)
        del self._children[child.request_id]

    def _fail(self, request_id: int, stage: str, message: str, line: tuple[str, int] | None) -> None:
        file, number = line or (None, None)
        error = {"stage": stage, "message": message, "file": file, "line": number}
        _write_answer(self._answers, request_id, json.dumps({"error": error}).encode())


def _serve_one(requests: int, answers: int, scratch: Scratch) -> None:
    """Where there is no fork: one capture in this process, guarded but not confined."""
    from . import guards
    from .child import answer_to
    from .scratch import use

    with os.fdopen(requests, "rb") as lines:
        for line in lines:
            request = json.loads(line)
            if request["op"] == "probe":
                _write_answer(answers, request["id"], json.dumps({"probe": []}).encode())
            elif request["op"] == "capture":
                folder = scratch.new()
                use(folder)
                guards.install(scratch.root)
                _write_answer(answers, request["id"], answer_to(request))
                return
