"""Processes that have imported what a file imports from installed packages; they serve its captures by forks of their own.

A library like transformers takes seconds to import: once for a file, not once a capture. Only packages below
`site-packages` are imported ahead, confined to the scratch folder and without network; the user's own modules are
imported in each capture. A branch that fails or has threads is given up, and its captures import for themselves.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import selectors
import signal
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from . import imported, wire
from .confine import confine, mechanisms
from .packages import Imports, ahead
from .scratch import use
from .watched import threads_of

if TYPE_CHECKING:
    from .capture import Capturer, Request
    from .scratch import Scratch

_MOST = 3
_IMPORT_S = 60.0
_STALE = 0  # how a branch ends whose packages have changed


class Branch:
    """One such process, seen from its parent."""

    def __init__(self, process: int, source: int, answers: int) -> None:
        self.process, self.source, self.answers = process, source, answers
        self.reader = wire.Answers(answers)
        self.requests: dict[int, Request] = {}
        self.ready = False
        self.deadline = time.monotonic() + _IMPORT_S

    def ask(self, request: Request) -> None:
        """Sends a request, or keeps it until the packages are imported."""
        self.requests[request["id"]] = request
        if self.ready:
            self._send(request)

    def imported(self) -> None:
        """The packages are there: sends what waits for them."""
        self.ready = True
        for request in self.requests.values():
            self._send(request)

    def cancel(self, request_id: int) -> None:
        """Stops a capture, or forgets that it was asked for."""
        del self.requests[request_id]
        if self.ready:
            self._send({"id": request_id, "op": "cancel"})  # type: ignore[typeddict-item]

    def end(self) -> int:
        """Ends the process and returns its status."""
        os.close(self.source)
        if not self.ready:
            os.kill(self.process, signal.SIGKILL)
        os.close(self.answers)
        return os.waitpid(self.process, 0)[1]

    def _send(self, request: Request) -> None:
        with contextlib.suppress(OSError):  # it has ended, which its answers will tell
            wire.write_line(self.source, request)


class Branches:
    """The branches of an agent, the one used last at the end."""

    def __init__(self, scratch: Scratch, capturer: Capturer) -> None:
        self._scratch, self._capturer = scratch, capturer
        self._branches: dict[Imports, Branch] = {}
        self._failed: set[Imports] = set()
        self._possible = sys.platform != "linux" or bool(mechanisms()["landlock"])

    @property
    def importing(self) -> bool:
        """Whether a branch is not ready yet."""
        return any(not branch.ready for branch in self._branches.values())

    def take(self, request: Request, selector: selectors.BaseSelector) -> bool:
        """Whether a branch carries out the request."""
        imports = ahead(request) if self._possible and request["op"] == "capture" else ()
        if not imports or imports in self._failed:
            return False
        branch = self._branches.pop(imports, None)
        if branch is None:
            try:
                branch = self._grow(imports)
            except OSError:
                return False
            selector.register(branch.answers, selectors.EVENT_READ, self)
            self._make_room(selector)
        self._branches[imports] = branch
        branch.ask(request)
        return True

    def read(self, descriptor: int, selector: selectors.BaseSelector) -> tuple[list[tuple[int, bytes]], list[Request]]:
        """Answers that have come from a branch; and the requests that it leaves, if that was its end."""
        imports, branch = next((i, b) for i, b in self._branches.items() if b.answers == descriptor)
        more = branch.reader.read()
        answers: list[tuple[int, bytes]] = []
        for message, answer in branch.reader.messages():
            if "ready" in message:
                branch.imported()
            elif branch.requests.pop(int(str(message["id"])), None) is not None:
                answers.append((int(str(message["id"])), answer))
        return answers, [] if more else self._end(imports, selector)

    def overdue(self, selector: selectors.BaseSelector) -> list[Request]:
        """The requests of branches whose imports do not end."""
        now = time.monotonic()
        late = [imports for imports, b in self._branches.items() if not b.ready and b.deadline < now]
        return [request for imports in late for request in self._end(imports, selector)]

    def cancel(self, request_id: int) -> None:
        """Stops a capture."""
        for branch in self._branches.values():
            if request_id in branch.requests:
                branch.cancel(request_id)

    def end(self) -> None:
        """Ends all."""
        for branch in self._branches.values():
            branch.end()

    def _end(self, imports: Imports, selector: selectors.BaseSelector) -> list[Request]:
        branch = self._branches.pop(imports)
        selector.unregister(branch.answers)
        if branch.end() != _STALE:
            self._failed.add(imports)
        return list(branch.requests.values())

    def _make_room(self, selector: selectors.BaseSelector) -> None:
        idle = [imports for imports, branch in self._branches.items() if not branch.requests]
        for imports in idle[: max(0, len(self._branches) + 1 - _MOST)]:
            selector.unregister(self._branches[imports].answers)
            self._branches.pop(imports).end()

    def _grow(self, imports: Imports) -> Branch:
        requests, source = os.pipe()
        answers, sink = os.pipe()
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            self._serve(imports, requests, sink, parent)
        os.close(requests)
        os.close(sink)
        os.set_blocking(answers, False)
        return Branch(process, source, answers)

    def _serve(self, imports: Imports, requests: int, answers: int, parent: int) -> NoReturn:
        """The branch's own process."""
        end, status = os._exit, 1
        try:
            _close_all_but((0, 1, 2, requests, answers))
            use(self._scratch.new())
            confine(self._scratch.root, parent, forks=True)
            _import(imports)
            if threads_of(os.getpid()) <= 1:
                imported.remember_ahead()
                gc.freeze()
                wire.write_line(answers, {"ready": True})
                from .loop import Loop

                Loop(requests, answers, self._scratch, self._capturer, current=lambda: not imported.changed()).run()
                status = _STALE
        finally:
            end(status)


def _import(imports: Imports) -> None:
    """What cannot be imported is left out: the capture says so at the user's line."""
    for module, names in imports:
        with contextlib.suppress(BaseException):
            found = importlib.import_module(module)
            for name in names:
                with contextlib.suppress(Exception):
                    if not hasattr(found, name):
                        importlib.import_module(f"{module}.{name}")


def _close_all_but(kept: Sequence[int]) -> None:
    for name in os.listdir("/dev/fd"):
        if int(name) not in kept:
            with contextlib.suppress(OSError):
                os.close(int(name))
