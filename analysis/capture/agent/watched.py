"""A capture's process as its parent sees it: what it wrote, how long it may run, and how it ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from typing import TYPE_CHECKING

from . import scratch
from .child import END, Sinks, limits_of
from .diagnosis import Verdict, cause_of_death

if TYPE_CHECKING:
    from .capture import Request

MOST_ANSWER_BYTES = 256 << 20
MOST_OUTPUT_BYTES = 16 << 20
MOST_SCRATCH_BYTES = 256 << 20
MOST_THREADS = 256
LOOK_S = 0.1
_KEPT_OUTPUT, _KEPT_REPORT = 4096, 1 << 16
# How long a process that is to be stopped has to say where it is. What it says ends with the frame that every capture
# begins with, or before Python 3.13 with dots after a hundred frames; else it has ended when it is silent for a while.
_SAY_WHERE_S, _END_SAYING_S = 2.0, 0.5
_ERROR = b'{"error"'
_WHOLE_STACK = re.compile(rb'/bootstrap\.py", line \d+ in <module>\n\Z|\n  \.\.\.\n\Z')


class Watched:
    """A running capture. `pipes` maps the name of each of its sinks to the end to read."""

    def __init__(self, request: Request, process: int, pipes: Sinks, folder: str) -> None:
        self.request_id, self.target = request["id"], request.get("file")
        self.process, self.pipes, self.folder = process, pipes, folder
        self.limits = limits_of(request)
        now = time.monotonic()
        self.deadline, self._next_look = now + self.limits.seconds, now + LOOK_S
        self._last = self.deadline
        self.stopped: Verdict | None = None
        self._may_fail = self._had_answered = False
        self._answer: list[bytes] = []
        self._answer_bytes = self._output_bytes = 0
        self._report = self._output = b""

    @property
    def report(self) -> str:
        """What `faulthandler` wrote."""
        return self._report.decode(errors="replace")

    @property
    def output(self) -> str:
        """The last of what the user's code printed."""
        return self._output.decode(errors="replace")

    def answer(self) -> bytes | None:
        """The whole answer of a process that has closed its pipe. Of one that was stopped later than it answered; or an error
        that its code had failed with by then, which names the line."""
        whole = b"".join(self._answer)
        fits = self.stopped is None or self._had_answered or (self._may_fail and whole.startswith(_ERROR))
        return whole[: -len(END)] if fits and whole.endswith(END) else None

    def read(self, pipe: int) -> bool:
        """Takes in what a pipe holds; False at its end."""
        try:
            data = os.read(pipe, 1 << 20)
        except BlockingIOError:
            return True
        if pipe == self.pipes.answer:
            self._take_answer(data)
        elif pipe == self.pipes.report:
            self._report = (self._report + data)[:_KEPT_REPORT]
            if self.stopped is not None and b"File " in self._report:
                silence = 0 if _WHOLE_STACK.search(self._report) else _END_SAYING_S
                self.deadline = min(self._last, time.monotonic() + silence)
        else:
            self._take_output(data)
        return bool(data)

    def _take_answer(self, data: bytes) -> None:
        self._answer_bytes += len(data)
        if self._answer_bytes <= MOST_ANSWER_BYTES:
            self._answer.append(data)
        else:
            self.stop("crash", f"its answer is larger than {MOST_ANSWER_BYTES >> 20} MB")

    def _take_output(self, data: bytes) -> None:
        self._output_bytes += len(data)
        self._output = (self._output + data)[-_KEPT_OUTPUT:]
        if self._output_bytes > MOST_OUTPUT_BYTES:
            self.stop("crash", f"printed more than {MOST_OUTPUT_BYTES >> 20} MB")

    def check(self) -> bool:
        """Stops a process that has used up a limit; False when it is to be ended now."""
        now = time.monotonic()
        if now >= self._next_look and (self.stopped is None or self._may_fail):
            self._next_look = now + LOOK_S
            self._look()
        if self.stopped is not None:
            return self.deadline > now
        if self.deadline <= now:
            self.stop("timeout", f"still running after {self.limits.seconds:g} s", may_fail=True)
        return True

    def _look(self) -> None:
        """Limits that no system call enforces for one process of a user."""
        if scratch.bytes_in(self.folder, MOST_SCRATCH_BYTES) > MOST_SCRATCH_BYTES:
            self.stop("crash", f"wrote more than {MOST_SCRATCH_BYTES >> 20} MB of temporary files")
        elif threads_of(self.process) > MOST_THREADS:
            self.stop("crash", f"started more than {MOST_THREADS} threads", may_fail=True)

    def stop(self, stage: str, message: str, *, may_fail: bool = False) -> None:
        """Asks the process where it is; `end` is to follow soon. `may_fail`: an error that is on its way goes before."""
        if self.stopped is None:
            self.stopped, self._may_fail = Verdict(stage, message), may_fail
            self._had_answered = b"".join(self._answer[-2:]).endswith(END)
            self.deadline = self._last = time.monotonic() + _SAY_WHERE_S
            _ask_for_stack(self.process)
        elif not may_fail:  # a second limit
            self._may_fail, self.deadline = False, 0.0

    def await_error(self) -> bool:
        """Gives a process that was to be stopped the rest of its time to say what it failed with; whether there is any left."""
        if self._may_fail:
            self.deadline = self._last
        return self.deadline > time.monotonic()

    def end(self) -> Verdict:
        """Ends the process and what it left; returns why there is no whole answer, when there is none.

        A process that has ended is not changed by being killed, and one that only closed its pipes must not go on.
        """
        self.kill()
        status = os.waitpid(self.process, 0)[1]
        return self._ended(status)

    def kill(self) -> None:
        """Ends the process, without waiting until it is gone."""
        with contextlib.suppress(OSError):
            os.killpg(self.process, signal.SIGKILL)
        os.kill(self.process, signal.SIGKILL)

    def gone(self) -> bool:
        """Whether a killed process is gone by now; if so, cleans up after it."""
        process, status = os.waitpid(self.process, os.WNOHANG)
        if process:
            self._ended(status)
        return bool(process)

    def _ended(self, status: int) -> Verdict:
        for pipe in self.pipes:
            self._read_rest(pipe)
            os.close(pipe)
        scratch.remove(self.folder)
        if self.stopped is not None:
            return self.stopped
        return cause_of_death(status, self.output, self.limits.seconds, self.limits.memory)

    def _read_rest(self, pipe: int) -> None:
        """What a dead process had written: at most what a pipe holds."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(pipe, 1 << 20)
            if pipe == self.pipes.report:
                self._report = (self._report + data)[:_KEPT_REPORT]
            elif pipe == self.pipes.output:
                self._output = (self._output + data)[-_KEPT_OUTPUT:]


def _ask_for_stack(process: int) -> None:
    """Has `faulthandler` write where the main thread is: another one, if it took the signal, would write where itself is."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        from .confine import kernel

        kernel.signal_main_thread(process, signal.SIGUSR1)
        return
    os.kill(process, signal.SIGUSR1)


def threads_of(process: int) -> int:
    """The number of threads of a process, where the system tells."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[17])
    except (OSError, IndexError, ValueError):
        return 0
