"""Whoever captures for an analysis, and how many captures may run side by side."""

from __future__ import annotations

import os
from typing import Protocol

from .agents import AgentPool, AgentUnavailable
from .request import Captured, CaptureError, CaptureRequest


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
        return self._ask(request, retry=True)

    def _ask(self, request: CaptureRequest, retry: bool) -> Captured:
        try:
            agent = self._pool.agent(self._python)
            agent.wait_ready()
        except AgentUnavailable as error:
            advice = "choose an interpreter that has torch with --python or the `interpreter` setting"
            return Captured(error=CaptureError("interpreter", f"{error}; {advice}"))
        captured = agent.capture(request)[1].result()
        lost = captured.error is not None and captured.error.stage == "crash" and not agent.alive
        return self._ask(request, retry=False) if retry and lost else captured


def at_once() -> int:
    """Captures that run side by side: one a core. Without fork, an agent takes one at a time."""
    if not hasattr(os, "fork"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
