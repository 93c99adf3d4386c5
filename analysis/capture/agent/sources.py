"""Which line of the user's code is running: walks frames, leaving out torch, the standard library and the agent."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Sequence
from types import CodeType, FrameType

from .executions import Execution, Executions, Line

_OTHER, _USER, _OUTERMOST = range(3)
_AGENT = os.path.dirname(os.path.abspath(__file__))


def _folder(path: str) -> str:
    return os.path.join(os.path.realpath(path), "")


class SourceLocator:
    """Finds the user's frames of the running call stack; decisions are remembered per code object."""

    def __init__(self) -> None:
        import torch

        paths = sysconfig.get_paths()
        self._ours = (_folder(os.path.dirname(torch.__file__)), _folder(_AGENT))
        self._standard = (_folder(paths["stdlib"]), _folder(paths["platstdlib"]))
        self._site = (_folder(paths["purelib"]), _folder(paths["platlib"]))
        self._kinds: dict[int, int] = {}
        self._codes: list[CodeType] = []
        self._is_user_file: dict[str, bool] = {}
        self._executions = Executions()

    def end_at(self, code: CodeType) -> None:
        """There is no user code below this function."""
        self._codes.append(code)
        self._kinds[id(code)] = _OUTERMOST

    def forget(self) -> None:
        """Lets go of the frames that ran."""
        self._executions.forget()

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
        walked: list[Execution | Line] = []
        kinds, executions = self._kinds, self._executions
        inner: FrameType | None = None
        end: Execution | None = None
        while frame is not None:
            code = frame.f_code
            kind = kinds.get(id(code))
            if kind is None:
                kind = self._kind(code)
            if kind == _OUTERMOST:
                break
            end = executions.standing(frame)
            if kind == _USER and frame.f_lineno is not None:
                child = None if inner is None else executions.of(inner)
                if child is not None and (not walked or walked[-1] is not child):
                    walked.append(child)
                execution = executions.of(frame)
                run = execution.run(child, operator)
                walked.append((code.co_filename, frame.f_lineno, code.co_name, execution.number, run, child is None))
                if end is None:
                    walked.append(execution)
            if end is not None:
                break
            inner = frame
            frame = frame.f_back
        return executions.settle(walked, end)

    def _kind(self, code: CodeType) -> int:
        """Whose code it is, kept by its id: its hash takes all that it holds together."""
        self._codes.append(code)
        kind = self._kinds[id(code)] = _USER if self.is_user_file(code.co_filename) else _OTHER
        return kind

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
