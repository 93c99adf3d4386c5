"""Processes for captures: forked for a request, or ahead of one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from . import wire
from .child import Sinks, run
from .watched import Watched

if TYPE_CHECKING:
    from .capture import Capturer, Request
    from .scratch import Scratch


class Spare(NamedTuple):
    """A process that waits, ready, for its request at the other end of `source`."""

    process: int
    source: int
    pipes: Sinks
    folder: str

    def take(self, request: Request) -> Watched:
        """Hands the request over."""
        child = Watched(request, self.process, self.pipes, self.folder)
        try:
            wire.write_line(self.source, request)
        except OSError:  # it is gone, which the watcher will find
            pass
        finally:
            os.close(self.source)
        return child

    def end(self) -> None:
        """Ends it without a request."""
        os.close(self.source)
        Watched({"id": 0}, self.process, self.pipes, self.folder).end()  # type: ignore[typeddict-item]


def fork(request: Request, capturer: Capturer | None, scratch: Scratch) -> Watched:
    """Starts a process for a request. Raises `OSError`."""
    return Watched(request, *_forked(request, capturer, scratch))


def fork_spare(capturer: Capturer | None, scratch: Scratch) -> Spare:
    """Starts a process that makes itself ready for a request. Raises `OSError`."""
    source, ours = os.pipe()
    try:
        process, pipes, folder = _forked(source, capturer, scratch)
    except OSError:
        os.close(ours)
        os.close(source)
        raise
    os.close(source)
    return Spare(process, ours, pipes, folder)


def _forked(asked: Request | int, capturer: Capturer | None, scratch: Scratch) -> tuple[int, Sinks, str]:
    folder = scratch.new()
    reads, writes = zip(*(os.pipe() for _ in Sinks._fields))  # noqa: B905 (Python 3.10)
    parent = os.getpid()
    process = os.fork()
    if process == 0:
        run(asked, capturer, Sinks(*writes), folder, parent)
    for end in writes:
        os.close(end)
    for pipe in reads:
        os.set_blocking(pipe, False)
    return process, Sinks(*reads), folder
