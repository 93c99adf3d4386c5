"""Whoever captures for an analysis, and how many captures may run side by side."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Protocol

from .agents import Agent, AgentLost, AgentPool, AgentUnavailable
from .request import Captured, CaptureError, CaptureRequest

_AGENTS = 7  # that a capture may lose before it is given up
_PAUSE_S = 0.1  # before a third agent is asked, doubled for every one before it


class Capturer(Protocol):
    """Captures one model; may be asked from several threads. The server's can be cancelled."""

    def capture(self, request: CaptureRequest) -> Captured:
        """The graph or the error, with the answer as it came."""
        ...


class PoolCapturer:
    """Captures through a pool of agents, waiting for each answer."""

    def __init__(self, pool: AgentPool, python: str | None = None) -> None:
        self._pool = pool
        self._python = python

    def capture(self, request: CaptureRequest) -> Captured:
        """The answer of the interpreter's agent; an unusable interpreter is an error like any other."""
        return until_answered(lambda: self._ask(request), time.sleep)

    def _ask(self, request: CaptureRequest) -> Captured | None:
        try:
            agent = self._pool.agent(self._python)
            agent.wait_ready()
        except AgentLost:
            return None
        except AgentUnavailable as error:
            advice = "choose an interpreter that has torch with --python or the `interpreter` setting"
            return Captured(error=CaptureError("interpreter", f"{error}; {advice}"))
        captured = agent.capture(request)[1].result()
        return None if is_lost(captured, agent) else captured


def is_lost(captured: Captured, agent: Agent) -> bool:
    """Whether the agent ended rather than the capture in it."""
    return captured.error is not None and captured.error.stage == "crash" and not agent.alive


def until_answered(ask: Callable[[], Captured | None], pause: Callable[[float], object]) -> Captured:
    """What an agent answers; `ask` gives None from one that ended meanwhile, and is called again, ever later: something kills
    them. `pause` waits so many seconds."""
    for already in range(_AGENTS):
        if already > 1:
            pause(_PAUSE_S * 2**already)
        captured = ask()
        if captured is not None:
            return captured
    return Captured(error=CaptureError("crash", f"the capturing process was killed {_AGENTS} times in a row"))


def at_once(wanted: int | None = None) -> int:
    """Captures that run side by side: so many as are wanted, else one a core. Without fork, an agent takes one at a time."""
    if not hasattr(os, "fork"):
        return 1
    return wanted or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
