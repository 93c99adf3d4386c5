"""Which line of the user's code is running: walks frames, leaving out torch, the standard library and the agent."""

from __future__ import annotations

import inspect
import os
import sysconfig
from collections.abc import Sequence
from types import CodeType, FrameType

# File, line, function, number of its execution, repetition of the call in it, whether the line calls PyTorch directly.
Line = tuple[str, int, str, int, int, bool]

_AGENT = os.path.dirname(os.path.abspath(__file__))
_MOST_LINES = 32
_SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def _folder(path: str) -> str:
    return os.path.join(os.path.realpath(path), "")


class _Execution:
    """One execution of a function: its number, and for each call in it the executions that it led to, by instruction."""

    __slots__ = ("caller", "calls", "frame", "number")

    def __init__(self, frame: FrameType, number: int) -> None:
        self.frame, self.number = frame, number
        self.calls: dict[tuple[int, str], dict[int, int]] = {}
        self.caller = id(frame.f_back) if frame.f_code.co_flags & _SUSPENDS else None


class SourceLocator:
    """Finds the user's frames of the running call stack; decisions are remembered per code object."""

    def __init__(self) -> None:
        import torch

        paths = sysconfig.get_paths()
        self._ours = (_folder(os.path.dirname(torch.__file__)), _folder(_AGENT))
        self._standard = (_folder(paths["stdlib"]), _folder(paths["platstdlib"]))
        self._site = (_folder(paths["purelib"]), _folder(paths["platlib"]))
        self._is_user: dict[CodeType, bool] = {}
        self._is_user_file: dict[str, bool] = {}
        self._executions = 0
        self._running: dict[int, _Execution] = {}
        self._seen: dict[int, _Execution] = {}
        self.outermost: set[CodeType] = set()  # no user code below these

    def forget(self) -> None:
        """Lets go of the frames that ran."""
        self._executions = 0
        self._running.clear()

    def is_user_file(self, filename: str) -> bool:
        """Whether a file is neither torch's, nor the standard library's, nor the agent's, nor generated code."""
        known = self._is_user_file.get(filename)
        if known is None:
            known = self._is_user_file[filename] = self._classify(filename)
        return known

    def _classify(self, filename: str) -> bool:
        if filename.startswith("<"):
            return False
        real = os.path.realpath(filename)
        if real.startswith(self._ours):
            return False
        return real.startswith(self._site) or not real.startswith(self._standard)

    def lines(self, frame: FrameType | None, operator: str = "") -> tuple[Line, ...]:
        """`((file, line, function, frame, run), ...)` of the user's frames from `frame` outwards, innermost first.

        `frame` numbers the function's execution and `run` the repetitions of one call in it (of one kind of operator,
        where the line calls PyTorch directly), so that a line in a loop can say how often it ran.
        """
        found: list[Line] = []
        is_user = self._is_user
        inner = None
        while frame is not None:
            code = frame.f_code
            known = is_user.get(code)
            if known is None:
                known = is_user[code] = self.is_user_file(code.co_filename)
            if code in self.outermost:
                break
            if known and frame.f_lineno is not None:
                found.append(
                    (code.co_filename, frame.f_lineno, code.co_name, *self._run(frame, inner, operator), inner is None)
                )
                if len(found) == _MOST_LINES:
                    break
            inner = frame
            frame = frame.f_back
        self._let_go()
        return tuple(found)

    def _run(self, frame: FrameType, inner: FrameType | None, operator: str) -> tuple[int, int]:
        """(number of this execution of the function, how many other calls the same instruction made before this)."""
        execution = self._execution(frame)
        calls = execution.calls.setdefault((frame.f_lasti, "" if inner is not None else operator), {})
        child = self._execution(inner).number if inner is not None else len(calls)
        return execution.number, calls.setdefault(child, len(calls))

    def _execution(self, frame: FrameType) -> _Execution:
        """What is known of a running function. Frames are held while they run, so that the ids of two never mix."""
        found = self._seen.get(id(frame)) or self._running.get(id(frame))
        if found is None:
            found = _Execution(frame, self._executions)
            self._executions += 1
        self._seen[id(frame)] = found
        return found

    def _let_go(self) -> None:
        """Lets go of frames that ended, which would hold their local variables. A generator may go on while its caller runs."""
        for key, execution in self._running.items():
            if execution.caller in self._seen:
                self._seen.setdefault(key, execution)
        self._running, self._seen = self._seen, {}

    def constructing_lines(self, frame: FrameType | None, module: object) -> tuple[Line, ...]:
        """The user's frames that construct `module`: its own (and its bases') `__init__` frames are left out."""
        while frame is not None:
            code = frame.f_code
            names = code.co_varnames
            if not (names and code.co_argcount and frame.f_locals.get(names[0]) is module):
                break
            frame = frame.f_back
        return self.lines(frame)


def innermost_user_line(error: BaseException, target: str | None) -> tuple[str, int] | None:
    """`(file, line)` where `error` left the user's code: the target file's innermost frame if it has one."""
    locator = SourceLocator()
    frames: list[tuple[str, int]] = []
    trace = error.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if locator.is_user_file(filename):
            frames.append((filename, trace.tb_lineno))
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        frames.append((error.filename, error.lineno))
    return line_of(frames, target)


def line_of(frames: Sequence[tuple[str, int]], target: str | None) -> tuple[str, int] | None:
    """The innermost of the user's `frames` (outermost first), in the target file if it has one."""
    wanted = os.path.realpath(target) if target else None
    for filename, line in reversed(frames):
        if wanted and os.path.realpath(filename) == wanted:
            return filename, line
    return frames[-1] if frames else None
