"""Serves requests: one fork a capture, watched until it answers or is stopped. Single-threaded, so that a fork is safe.

    {"id": 1, "op": "capture", "seconds": 30, ...}   →   {"id": 1, "bytes": 5120} and {"graph": {...}} or {"error": {...}}
    {"id": 2, "op": "probe"}                         →   {"id": 2, "bytes": 640} and {"probe": [...]}: what confinement holds
    {"id": 1, "op": "cancel"}                        →   no answer; the capture is killed

The user's code writes what stands in the answer, so the loop passes it on unread: it cannot speak for other captures.
"""

from __future__ import annotations

import json
import selectors
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from . import wire
from .child import GoOn
from .diagnosis import place
from .fork import Spare, fork, fork_spare
from .huge_pages import HugePages
from .sources import SourceLocator
from .watched import LOOK_S

if TYPE_CHECKING:
    from .branches import Branches
    from .capture import Capturer, Request
    from .diagnosis import Verdict
    from .scratch import Scratch
    from .watched import Watched

_TAKE_DOWN_S = 0.02
_SETTLE_S = 0.05  # a capture that follows at once is not to wait for a spare process to be made
_SPARES = 2
_ANSWERED = 2  # that may wait to be taken down while there is other work


class Loop:
    """Carries out the requests of one descriptor and writes the answers to another.

    With `branches`, requests go to processes that have what they import. The loop ends when it is not `current`. Without a
    `capturer` a capture has begun in this process: its forks go on with it (`child.GoOn`).
    """

    def __init__(
        self,
        requests: int,
        answers: int,
        scratch: Scratch,
        capturer: Capturer | None,
        branches: Branches | None = None,
        current: Callable[[], bool] = lambda: True,
    ) -> None:
        self._requests, self._answers = requests, answers
        self._scratch, self._capturer, self._branches, self._current = scratch, capturer, branches, current
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, Watched] = {}
        self._spares: list[Spare] = []
        self._locator = SourceLocator()
        self._lines = wire.Lines(requests)
        self._pages = HugePages()
        self._answered: list[Watched] = []
        self._going: list[Watched] = []  # have been killed; the system takes a while to take a process down

    def run(self) -> None:
        """Until the requests end, or nobody reads the answers. Raises `GoOn` in forks that go on with a capture."""
        self._selector.register(self._requests, selectors.EVENT_READ, None)
        try:
            while self._serve():
                pass
        except GoOn:
            raise
        except BrokenPipeError:
            pass
        except BaseException:
            self._end_all()
            raise
        self._end_all()

    def _end_all(self) -> None:
        for child in [*self._children.values(), *self._answered, *self._going, *self._spares]:
            child.end()
        if self._branches is not None:
            self._branches.end()

    def _serve(self) -> bool:
        events = self._selector.select(self._patience())
        for key, _ in events:
            if key.data is None:
                if not self._read_requests():
                    return False
            elif key.data is self._branches:
                self._read_branch(key.fd)
            elif key.data.request_id in self._children and not key.data.read(key.fd):
                self._pipe_closed(key.data, key.fd)
        for child in list(self._children.values()):
            if not child.check() and not self._fails_soon(child):
                self._finish(child)
        self._take_down(_ANSWERED if events else 0)
        self._going = [child for child in self._going if not child.gone()]
        if self._branches is not None:
            self._take_back(self._branches.overdue(self._selector))
        if not events and len(self._children) <= 1 and len(self._spares) < _SPARES:
            self._add_spare()
        return True

    def _patience(self) -> float | None:
        waits = [LOOK_S] if self._branches is not None and self._branches.awaited else []
        if self._children:
            first = min(child.deadline for child in self._children.values())
            waits.append(max(0.0, min(first - time.monotonic(), LOOK_S)))
        elif self._answered:
            waits.append(_SETTLE_S)
        elif self._going:
            waits.append(_TAKE_DOWN_S)
        if len(self._spares) < _SPARES and len(self._children) <= 1:
            waits.append(0.0 if self._spares and not self._answered else _SETTLE_S)
        return min(waits, default=None)

    def _add_spare(self) -> None:
        try:
            self._spares.append(fork_spare(self._capturer, self._scratch))
        except OSError:  # the request will say so
            return

    def _read_requests(self) -> bool:
        lines = self._lines.read()
        if not self._current():
            return False
        for line in lines or ():
            request = json.loads(line)
            if request["op"] == "cancel":
                self._cancel(request["id"])
            else:
                self._distribute(request)
        return lines is not None

    def _distribute(self, request: Request) -> None:
        if self._branches is None or not self._branches.take(request, self._selector):
            self._start(request)

    def _start(self, request: Request) -> None:
        try:
            if self._spares and request["op"] == "capture":
                child = self._spares.pop(0).take(request)
            else:
                child = fork(request, self._capturer, self._scratch)
        except OSError as error:
            self._fail(request["id"], "crash", f"no process for the capture: {error.strerror or error}", None)
            return
        self._children[child.request_id] = child
        for pipe in child.pipes:
            self._selector.register(pipe, selectors.EVENT_READ, child)

    def _pipe_closed(self, child: Watched, pipe: int) -> None:
        """The answer's end is the capture's end, whatever the process goes on to do."""
        if pipe == child.pipes.answer:
            self._finish(child)
        else:
            self._selector.unregister(pipe)

    def _fails_soon(self, child: Watched) -> bool:
        """Whether a process that is to be stopped was not in the user's code, and has time left to say what that failed with."""
        return child.report != "" and self._place(child) is None and child.await_error()

    def _place(self, child: Watched) -> tuple[str, int] | None:
        return place(child.report, child.target, self._locator)

    def _finish(self, child: Watched) -> None:
        answer = child.answer()
        if answer is not None:
            self._answer(child.request_id, answer)
            self._forget(child)
            self._answered.append(child)
            return
        verdict = self._end(child)
        self._fail(child.request_id, *verdict, self._place(child))
        sys.stderr.write(child.output)
        sys.stderr.flush()

    def _take_down(self, most: int) -> None:
        """Ends captures that have answered but `most` of them: those who read the answers come first."""
        while len(self._answered) > most:
            child = self._answered.pop(0)
            child.kill()
            self._going.append(child)
            self._pages.move_some()

    def _cancel(self, request_id: int) -> None:
        child = self._children.get(request_id)
        if child is not None:
            self._end(child)
        elif self._branches is not None:
            self._branches.cancel(request_id)

    def _read_branch(self, descriptor: int) -> None:
        assert self._branches is not None
        answers, given_back = self._branches.read(descriptor, self._selector)
        for request_id, answer in answers:
            self._answer(request_id, answer)
        self._take_back(given_back)

    def _take_back(self, requests: list[Request]) -> None:
        """Captures what a branch could not."""
        for request in requests:
            self._distribute(request)

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
        self._answer(request_id, json.dumps({"error": error}).encode())

    def _answer(self, request_id: int, answer: bytes) -> None:
        wire.write_answer(self._answers, request_id, answer)
        if self._branches is not None:
            self._branches.answered(request_id, answer, self._selector)
