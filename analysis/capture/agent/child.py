"""What happens in a capture's own process: pipes, confinement, guards, and then the user's code."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple

from . import guards, imported, scratch
from .confine import Limits, confine, limit

if TYPE_CHECKING:
    from .capture import Capturer, Request

_exit, _sleep = os._exit, time.sleep  # the user's code gets another one
_STAY_S = 1.0
# Descriptors that user code does not come across by counting.
_FIRST_DESCRIPTOR = 200
END = b"\n"  # ends a whole answer
DEFAULT_SECONDS, DEFAULT_MEMORY_GB = 60.0, 8.0


class Sinks(NamedTuple):
    """Where the process writes: its answer, the stack when it is stopped or crashes, and what user code prints."""

    answer: int
    report: int
    output: int


class GoOn(BaseException):
    """This process is a fork for `request`, whose answer goes to the descriptor `answer`; its capture had begun before."""

    def __init__(self, request: Request, answer: int) -> None:
        super().__init__()
        self.request, self.answer = request, answer


def limits_of(request: Request) -> Limits:
    """What a request may use."""
    gigabytes = float(request.get("memory_gb") or DEFAULT_MEMORY_GB)
    return Limits(float(request.get("seconds") or DEFAULT_SECONDS), int(gigabytes * (1 << 30)))


@contextlib.contextmanager
def ending() -> Generator[None, None, None]:
    """The process ends with the block, whatever happens in it but `GoOn`."""
    try:
        yield
    except GoOn:
        raise
    except BaseException:
        try:
            traceback.print_exc()
        finally:
            _exit(1)
    _exit(0)


def run(asked: Request | int, capturer: Capturer | None, sinks: Sinks, folder: str, parent: int) -> None:
    """Carries out a request in this process, a fork of `parent`, and ends it.

    `asked` is the request; or the descriptor that it will come from, before which this process makes itself ready.
    Without a `capturer` the capture has begun before the fork: raises `GoOn`.
    """
    with ending():
        gc.disable()
        source, answer, report = _take_over(
            asked if isinstance(asked, int) else os.open(os.devnull, os.O_RDONLY), sinks
        )
        _report_stack_to(report)
        scratch.use(folder)
        confine(folder, parent)
        request = asked if not isinstance(asked, int) else _request_from(source, capturer)
        os.close(source)
        if request is not None:
            limit(limits_of(request))
            hand_in(answer, _carry_out(request, capturer, folder, parent, answer))


def hand_in(descriptor: int, answer: bytes) -> None:
    """Writes the answer of a capture, and stays for its parent to end it: taking a process down takes the machine a while,
    in which the answer is being read."""
    _write(descriptor, answer + END)
    os.close(descriptor)
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    _sleep(_STAY_S)


def answer_to(request: Request, capturer: Capturer) -> bytes:
    """The capture's answer as JSON; an exception in the agent's own code is an answer too."""
    from .capture import failure_of

    try:
        return json.dumps({**capturer.capture(request), "files": imported.files(request.get("file"))}).encode()
    except BaseException as error:
        return json.dumps({"error": failure_of(error, "crash", request)}).encode()


def _request_from(source: int, capturer: Capturer | None) -> Request | None:
    """Waits for the request, with all memory in place that a capture touches; None when there will be none."""
    if capturer is not None:
        from .warm_up import warm_up

        warm_up(capturer)
    with open(source, "rb", closefd=False) as lines:
        line = lines.read()
    return json.loads(line) if line else None


def _carry_out(request: Request, capturer: Capturer | None, folder: str, parent: int, answer: int) -> bytes:
    if request["op"] == "probe":
        from .probe import probe

        return json.dumps({"probe": probe(folder, parent, limits_of(request))}).encode()
    guards.install(folder)
    imported.watch_reads()
    if capturer is None:
        raise GoOn(request, answer)
    return answer_to(request, capturer)


def _take_over(source: int, sinks: Sinks) -> tuple[int, int, int]:
    """The request's, the answer's and the report's descriptor; all others are closed but those that every process has."""
    import fcntl

    os.setpgid(0, 0)
    os.dup2(sinks.output, 1)
    os.dup2(sinks.output, 2)
    source, answer, report = (
        fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_DESCRIPTOR)
        for descriptor in (source, sinks.answer, sinks.report)
    )
    for name in os.listdir("/dev/fd"):
        if int(name) not in (0, 1, 2, source, answer, report):
            with contextlib.suppress(OSError):
                os.close(int(name))
    return source, answer, report


def _report_stack_to(descriptor: int) -> None:
    """A crash, and the parent's SIGUSR1, write the Python stack to `descriptor`; also out of native code."""
    faulthandler.enable(descriptor, all_threads=False)
    faulthandler.register(signal.SIGUSR1, descriptor, all_threads=False, chain=False)
    faulthandler.register(signal.SIGXCPU, descriptor, all_threads=False, chain=True)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
