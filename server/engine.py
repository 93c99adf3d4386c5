"""Runs analyses in worker threads; owns the agents and what they captured."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..analysis.capture import AgentPool
from ..analysis.discovery import FileTarget
from ..analysis.pipeline import analyze
from .captures import Cancellation, CaptureCache, SessionCapturer
from .settings import Settings
from .views import Views, views_of

_THREADS = 4


class Engine:
    """The way from a text to its views."""

    def __init__(self) -> None:
        self._pool = AgentPool()
        self._cache = CaptureCache()
        self._threads = ThreadPoolExecutor(_THREADS, "graphperf-analysis")

    async def views(
        self, path: Path, text: str, settings: Settings, cancellation: Cancellation, note: Callable[[str], None]
    ) -> Views:
        """Analyses a text. `note` is called in the event loop with what is being done."""
        loop = asyncio.get_running_loop()
        options = settings.options()
        capturer = SessionCapturer(self._pool, options.python, self._cache, cancellation)

        def tell(words: str) -> None:
            loop.call_soon_threadsafe(note, words)

        def work() -> Views:
            analysis = analyze(FileTarget(path), options, capturer, text, tell)
            cancellation.check()
            return views_of(analysis, path, text)

        return await loop.run_in_executor(self._threads, work)

    def forget_captures(self) -> None:
        """What was captured may be out of date: an imported file has changed."""
        self._cache.clear()

    def replace_agents(self) -> None:
        """Ends the agents; new ones start when they are needed."""
        old, self._pool = self._pool, AgentPool()
        threading.Thread(target=old.close, name="graphperf-close").start()

    def close(self) -> None:
        """Ends the agents and lets no more work begin."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
