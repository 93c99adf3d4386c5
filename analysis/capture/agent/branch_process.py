"""A branch's own process: it imports ahead what it is there for, and then serves captures by forks of its own."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import guards, held, imported, wire
from .child import GoOn, answer_to, ending, hand_in
from .confine import confine, end_with
from .held import Start
from .packages import Imports
from .roots import is_installed
from .scratch import use
from .watched import threads_of

if TYPE_CHECKING:
    from .capture import Capturer, Request
    from .scratch import Scratch


class Server:
    """Takes requests from one descriptor and writes the answers to another."""

    def __init__(self, requests: int, answers: int, scratch: Scratch) -> None:
        self._requests, self._answers, self._scratch = requests, answers, scratch

    def import_and_serve(self, key: Imports | Start, request: Request, capturer: Capturer, parent: int) -> None:
        """From the start of the process, a fork of `parent`, to its end. Raises where it cannot serve."""
        _close_all_but((0, 1, 2, self._requests, self._answers))
        folder = self._scratch.new()
        use(folder)
        confine(self._scratch.root, parent, forks=True)
        if isinstance(key, Start):
            _import(key.imports)
            self._hold(request, folder, capturer)
        else:
            _import(key)
            self._serve(capturer)

    def _serve(self, capturer: Capturer | None, own: str | None = None, since: int = sys.maxsize) -> None:
        """Until the requests end, or the files have changed. Raises `RuntimeError` where threads run, which a fork loses."""
        from .loop import Loop

        if threads_of(os.getpid()) > 1:
            raise RuntimeError("an import has started threads")
        imported.remember_ahead(own, since)
        gc.freeze()
        wire.write_line(self._answers, {"ready": True})
        self._loop = Loop(
            self._requests, self._answers, self._scratch, capturer, current=lambda: not imported.changed()
        )
        self._loop.run()

    def _hold(self, request: Request, folder: str, capturer: Capturer) -> None:
        """Begins the capture of a file's former text, and carries on, in forks, with those of later texts."""
        since, going_on = time.time_ns(), list[GoOn]()
        gc.disable()
        imported.watch_reads()
        guard = guards.install(folder)

        def stop() -> None:
            try:
                with ending():
                    guard.on = False
                    if guard.refused or guard.wrote:
                        raise RuntimeError("an import does what each capture is to do by itself")
                    _import(_imported_later(request))
                    self._serve(None, request["file"], since)
            except _Scout as scout:
                going_on.append(scout)
                guard.on = True
            except GoOn as fork:
                going_on.append(fork)
                request.update(fork.request)

        held.hold(stop)
        answer = answer_to(request, capturer)
        if not going_on:
            raise RuntimeError("the load did not come to the statements of the file")
        if isinstance(going_on[0], _Scout):
            going_on[0].report()
        else:
            hand_in(going_on[0].answer, answer)


class _Scout(GoOn):
    """This process goes on with the former text's capture, to see what else is imported."""

    def __init__(self, request: Request, sink: int) -> None:
        super().__init__(request, sink)
        self._before, self._environment = set(sys.modules), dict(os.environ)

    def report(self) -> None:
        """Writes the names of installed modules, none where the code sets variables, which they may read; and all files."""
        names = [name for name in sys.modules if name not in self._before and not name.startswith("torch.")]
        places = [getattr(sys.modules[name], "__file__", None) for name in names]
        found = [name for name, file in zip(names, places) if file and is_installed(file)]  # noqa: B905 (Python 3.10)
        unchanged = dict(os.environ) == self._environment
        files = imported.files(self.request["file"])
        wire.write(self.answer, json.dumps([found if unchanged else [], files]).encode())


def _imported_later(request: Request) -> Imports:
    """What the rest of the capture imports from installed packages, as another process finds by going on with it."""
    source, sink = os.pipe()
    parent = os.getpid()
    process = os.fork()
    if process == 0:
        end_with(parent)
        raise _Scout(request, sink)
    os.close(sink)
    with open(source, "rb") as names:
        found, files = json.loads(names.read() or b"[[], []]")
    os.waitpid(process, 0)
    imported.depend_on(files)
    return tuple((name, ()) for name in found)


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
