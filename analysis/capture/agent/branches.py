"""Processes that have imported what a file imports; they serve its captures by forks of their own.

A library like transformers takes seconds to import: once for a file, not once a capture. Packages below `site-packages` are
imported ahead of the first capture, confined to the scratch folder and without network. What a file in a package imports
of its repository follows when the file has been edited and could be captured before and after (`held`). A branch that
fails, hangs or has threads is given up, and its captures import for themselves.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import sys
import time
from typing import TYPE_CHECKING

from . import wire
from .branch_process import Server
from .child import ending, limits_of
from .confine import mechanisms
from .held import Start, start_of
from .packages import Imports, ahead

if TYPE_CHECKING:
    from .capture import Capturer, Request
    from .scratch import Scratch

_MOST = 3
_IMPORT_S = 60.0
_OVERTIME_S = 5.0  # what a branch may take for a capture beyond the time after which it is to stop it
_STALE = 0  # how a branch ends that served, and whose files have changed
_MOST_REMEMBERED = 64


class Branch:
    """One such process, seen from its parent."""

    def __init__(self, process: int, source: int, answers: int) -> None:
        self.process, self.source, self.answers = process, source, answers
        self.reader = wire.Answers(answers)
        self.requests: dict[int, Request] = {}
        self.ready = False
        self.deadline = time.monotonic() + _IMPORT_S

    @property
    def awaited(self) -> bool:
        """Whether there is something that it is to do in time."""
        return not self.ready or bool(self.requests)

    def ask(self, request: Request) -> None:
        """Sends a request, or keeps it until the packages are imported."""
        self.requests[request["id"]] = request
        if self.ready:
            self.deadline = max(self.deadline, time.monotonic() + limits_of(request).seconds + _OVERTIME_S)
            self._send(request)

    def imported(self) -> None:
        """The packages are there: sends what waits for them."""
        self.ready, self.deadline = True, 0.0
        for request in self.requests.values():
            self.ask(request)

    def cancel(self, request_id: int) -> None:
        """Stops a capture, or forgets that it was asked for."""
        del self.requests[request_id]
        if self.ready:
            self._send({"id": request_id, "op": "cancel"})  # type: ignore[typeddict-item]

    def end(self) -> int:
        """Ends the process and returns its status."""
        os.close(self.source)
        if not self.ready or self.late():
            os.kill(self.process, signal.SIGKILL)
        os.close(self.answers)
        return os.waitpid(self.process, 0)[1]

    def late(self) -> bool:
        """Whether it is not done in time."""
        return self.awaited and self.deadline < time.monotonic()

    def _send(self, request: Request) -> None:
        with contextlib.suppress(OSError):  # it has ended, which its answers will tell
            wire.write_line(self.source, request)


class Branches:
    """The branches of an agent, the one used last at the end."""

    def __init__(self, scratch: Scratch, capturer: Capturer) -> None:
        self._scratch, self._capturer = scratch, capturer
        self._branches: dict[Imports | Start, Branch] = {}
        self._failed: set[Imports | Start] = set()
        self._asked: dict[int, Request] = {}
        self._captured: dict[Start, str | None] = {}  # the text that was
        self._possible = sys.platform != "linux" or bool(mechanisms()["landlock"])

    @property
    def awaited(self) -> bool:
        """Whether a branch has something to do in time."""
        return any(branch.awaited for branch in self._branches.values())

    def take(self, request: Request, selector: selectors.BaseSelector) -> bool:
        """Whether a branch carries out the request."""
        if not self._possible or request["op"] != "capture":
            return False
        self._asked[request["id"]] = request
        start = start_of(request)
        holding = self._branches.get(start) if start is not None else None
        if start is not None and holding is not None and holding.ready:
            self._ask(start, holding, request)
            return True
        imports = ahead(request)
        branch = self._branches.get(imports) or (self._grow(imports, request, selector) if imports else None)
        if branch is not None:
            self._ask(imports, branch, request)
        return branch is not None

    def answered(self, request_id: int, answer: bytes, selector: selectors.BaseSelector) -> None:
        """A file that could be captured with one text and then with another is being edited: its load is held ahead."""
        request = self._asked.pop(request_id, None)
        start = start_of(request) if request is not None and answer.startswith(b'{"graph"') else None
        if request is None or start is None:
            return
        before = self._captured.pop(start, None)
        self._captured[start] = request["text"]
        if len(self._captured) > _MOST_REMEMBERED:
            del self._captured[next(iter(self._captured))]
        if before is not None and before != request["text"] and start not in self._branches:
            self._grow(start, request, selector)

    def _ask(self, key: Imports | Start, branch: Branch, request: Request) -> None:
        self._branches[key] = self._branches.pop(key)
        branch.ask(request)

    def read(self, descriptor: int, selector: selectors.BaseSelector) -> tuple[list[tuple[int, bytes]], list[Request]]:
        """Answers that have come from a branch; and the requests that it leaves, if that was its end."""
        key, branch = next((k, b) for k, b in self._branches.items() if b.answers == descriptor)
        more = branch.reader.read()
        answers: list[tuple[int, bytes]] = []
        for message, answer in branch.reader.messages():
            if "ready" in message:
                branch.imported()
            elif branch.requests.pop(int(str(message["id"])), None) is not None:
                answers.append((int(str(message["id"])), answer))
        return answers, [] if more else self._end(key, selector)

    def overdue(self, selector: selectors.BaseSelector) -> list[Request]:
        """The requests of branches whose imports do not end, or that do not answer."""
        late = [key for key, branch in self._branches.items() if branch.late()]
        return [request for key in late for request in self._end(key, selector)]

    def cancel(self, request_id: int) -> None:
        """Stops a capture."""
        self._asked.pop(request_id, None)
        for branch in self._branches.values():
            if request_id in branch.requests:
                branch.cancel(request_id)

    def end(self) -> None:
        """Ends all."""
        for branch in self._branches.values():
            branch.end()

    def _end(self, key: Imports | Start, selector: selectors.BaseSelector) -> list[Request]:
        branch = self._branches.pop(key)
        selector.unregister(branch.answers)
        if branch.end() != _STALE or not branch.ready:
            self._failed.add(key)
        return list(branch.requests.values())

    def _make_room(self, selector: selectors.BaseSelector) -> None:
        idle = [key for key, branch in self._branches.items() if not branch.requests]
        for key in idle[: max(0, len(self._branches) + 1 - _MOST)]:
            selector.unregister(self._branches[key].answers)
            self._branches.pop(key).end()

    def _grow(self, key: Imports | Start, request: Request, selector: selectors.BaseSelector) -> Branch | None:
        """A new branch; none where one of its kind has failed."""
        if key in self._failed:
            return None
        try:
            branch = self._forked(key, request)
        except OSError:
            return None
        self._make_room(selector)
        self._branches[key] = branch
        selector.register(branch.answers, selectors.EVENT_READ, self)
        return branch

    def _forked(self, key: Imports | Start, request: Request) -> Branch:
        requests, source = os.pipe()
        answers, sink = os.pipe()
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            with ending():
                Server(requests, sink, self._scratch).import_and_serve(key, request, self._capturer, parent)
        os.close(requests)
        os.close(sink)
        os.set_blocking(answers, False)
        return Branch(process, source, answers)
