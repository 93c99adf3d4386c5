"""Runs analyses in worker threads; owns the agents and, on disk, what they captured."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..analysis.capture import AgentPool, CachingCapturer
from ..analysis.discovery import FileTarget
from ..analysis.pipeline import analyze
from ..analysis.store import Store
from .captures import Cancellation, SessionCapturer
from .settings import Settings
from .views import Views, views_of

_THREADS = 4


class Engine:
    """The way from a text to its views."""

    def __init__(self) -> None:
        self._pool = AgentPool()
        self._store = Store()
        self._threads = ThreadPoolExecutor(_THREADS, "graphperf-analysis")

    async def views(
        self, path: Path, text: str, settings: Settings, cancellation: Cancellation, note: Callable[[str], None]
    ) -> Views:
        """Analyses a text. `note` is called in the event loop with what is being done."""
        loop = asyncio.get_running_loop()
        options = settings.options()
        asker = SessionCapturer(self._pool, options.python, cancellation)
        capturer = CachingCapturer(asker, options.python or sys.executable, self._store)

        def tell(words: str) -> None:
            loop.call_soon_threadsafe(note, words)

        def work() -> Views:
            analysis = analyze(FileTarget(path), options, capturer, text, tell)
            cancellation.check()
            return views_of(analysis, path, text, settings.hint_style(), settings.judged_by())

        return await loop.run_in_executor(self._threads, work)

    def replace_agents(self) -> None:
        """Ends the agents; new ones start when they are needed."""
        old, self._pool = self._pool, AgentPool()
        threading.Thread(target=old.close, name="graphperf-close").start()

    def close(self) -> None:
        """Ends the agents and lets no more work begin."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
