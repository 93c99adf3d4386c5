"""Executions of the functions that run, numbered, with what is known of their callers: those stand still while they run."""

from __future__ import annotations

import inspect
from types import FrameType

# File, line, function, number of its execution, repetition of the call in it, whether the line calls PyTorch directly.
Line = tuple[str, int, str, int, int, bool]

MOST_LINES = 32
_SUSPENDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class Execution:
    """One execution of a function: its number, and for each call in it the executions that it led to, by instruction.

    `outer` are the lines of its callers, innermost first, as long as it `stands`: not for a generator, which others may resume.
    """

    __slots__ = ("caller", "calls", "frame", "number", "outer", "place", "stands")

    def __init__(self, frame: FrameType, number: int) -> None:
        self.frame, self.number = frame, number
        self.calls: dict[tuple[int, str], dict[int, int]] = {}
        self.stands = not frame.f_code.co_flags & _SUSPENDS
        self.caller = None if self.stands else id(frame.f_back)
        self.outer: tuple[Line, ...] = ()
        self.place = -1

    def run(self, child: Execution | None, operator: str) -> int:
        """How many other calls the instruction that runs made before this one: of `child`, or of an operator of PyTorch."""
        calls = self.calls.setdefault((self.frame.f_lasti, "" if child is not None else operator), {})
        return calls.setdefault(child.number if child is not None else len(calls), len(calls))


class Executions:
    """The executions on the call stack, outermost first. Frames are held while they run, so that the ids of two never mix."""

    def __init__(self) -> None:
        self._count = 0
        self._known: dict[int, Execution] = {}
        self._stack: list[Execution] = []
        self._paused: list[Execution] = []

    def forget(self) -> None:
        """Lets go of all frames."""
        self._count = 0
        self._known.clear()
        self._stack.clear()
        self._paused.clear()

    def of(self, frame: FrameType) -> Execution:
        """What is known of a function that runs."""
        found = self._known.get(id(frame))
        if found is None:
            found = self._known[id(frame)] = Execution(frame, self._count)
            self._count += 1
        return found

    def standing(self, frame: FrameType) -> Execution | None:
        """The execution of a frame whose callers are known."""
        found = self._known.get(id(frame))
        return found if found is not None and found.stands and found.place >= 0 else None

    def settle(self, walked: list[Execution | Line], end: Execution | None) -> tuple[Line, ...]:
        """All lines of a walk outwards, to a frame that stands or to the `end` of the stack; lets go of frames that ended.

        `walked` holds each line before the execution that it is in. A frame that ended would hold its local variables.
        """
        lines = () if end is None else end.outer
        kept = 0 if end is None else end.place + 1
        ended = self._stack[kept:]
        del self._stack[kept:]
        for step in reversed(walked):
            if isinstance(step, Execution):
                step.outer, step.place = lines, len(self._stack)
                self._stack.append(step)
            else:
                lines = (step, *lines[: MOST_LINES - 1])
        if ended:
            self._let_go(ended)
        return lines

    def _let_go(self, ended: list[Execution]) -> None:
        """A generator may go on while its caller runs."""
        for execution in ended:
            if execution.place < len(self._stack) and self._stack[execution.place] is execution:
                continue
            execution.place = -1
            if execution.stands:
                del self._known[id(execution.frame)]
            else:
                self._paused.append(execution)
        if self._paused:
            paused, self._paused = self._paused, []
            for execution in paused:
                if execution.place >= 0:
                    continue
                if execution.caller in self._known:
                    self._paused.append(execution)
                else:
                    self._known.pop(id(execution.frame), None)
