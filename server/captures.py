"""Captures that can be cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager

from ..analysis.capture import (
    Agent,
    AgentLost,
    AgentPool,
    AgentUnavailable,
    Captured,
    CaptureError,
    CaptureRequest,
    is_lost,
    until_answered,
)

_READY_POLL_S = 0.05
_READY_LIMIT_S = 180.0
_ADVICE = "choose an interpreter that has torch with the setting graphperf.interpreter"


class Superseded(Exception):
    """The work is no longer wanted."""


class Cancellation:
    """Says from one thread to another that its work is no longer wanted."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """Marks the work as unwanted and stops what it waits for."""
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    @property
    def cancelled(self) -> bool:
        """Whether the work is unwanted."""
        return self._event.is_set()

    def check(self) -> None:
        """Raises `Superseded` when the work is unwanted."""
        if self.cancelled:
            raise Superseded

    def pause(self, seconds: float) -> None:
        """Waits; raises `Superseded` as soon as the work is unwanted."""
        if self._event.wait(seconds):
            raise Superseded

    @contextmanager
    def stopping(self, callback: Callable[[], None]) -> Generator[None, None, None]:
        """Calls `callback` when the work is cancelled inside the block."""
        with self._lock:
            self._callbacks.append(callback)
            late = self.cancelled
        if late:
            callback()
        try:
            yield
        finally:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)


class SessionCapturer:
    """Captures for one analysis of one document."""

    def __init__(self, pool: AgentPool, python: str | None, cancellation: Cancellation) -> None:
        self._pool, self._python, self._cancellation = pool, python, cancellation

    def capture(self, request: CaptureRequest) -> Captured:
        """The graph or the error. Raises `Superseded` when cancelled."""
        self._cancellation.check()
        return until_answered(lambda: self._ask(request), self._cancellation.pause)

    def _ask(self, request: CaptureRequest) -> Captured | None:
        """The answer of an agent; None from one that ended meanwhile."""
        try:
            agent = self._pool.agent(self._python)
            self._wait_ready(agent)
        except AgentLost:
            return None
        except AgentUnavailable as error:
            return Captured(error=CaptureError("interpreter", f"{error}; {_ADVICE}"))
        number, future = agent.capture(request)
        try:
            with self._cancellation.stopping(lambda: agent.cancel(number)):
                captured = future.result()
        except CancelledError as error:
            raise Superseded from error
        self._cancellation.check()
        return None if is_lost(captured, agent) else captured

    def _wait_ready(self, agent: Agent) -> None:
        for _ in range(int(_READY_LIMIT_S / _READY_POLL_S)):
            self._cancellation.check()
            try:
                agent.wait_ready(_READY_POLL_S)
                return
            except FutureTimeout:
                continue
        raise AgentUnavailable(
            f"torch was not imported within {_READY_LIMIT_S:.0f} s in the interpreter {agent.python}"
        )
