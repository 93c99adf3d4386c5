"""Runs analyses in worker threads; owns the agents and, on disk, what they captured."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..analysis import fixes
from ..analysis.capture import AgentPool, CachingCapturer
from ..analysis.discovery import FileTarget
from ..analysis.finding import Finding
from ..analysis.pipeline import Analysis, analyze
from ..analysis.store import Store
from .captures import Cancellation, SessionCapturer
from .fixes import QuickFix, quick_fix
from .judgement import judged
from .settings import Settings
from .views import Views, views_of

_THREADS = 4


class Engine:
    """The way from a text to its views."""

    def __init__(self) -> None:
        self._pool = AgentPool()
        self._store = Store()
        self._threads = ThreadPoolExecutor(_THREADS, "graphperf-analysis")
        self._background = ThreadPoolExecutor(1, "graphperf-fixes")

    async def views(
        self, path: Path, text: str, settings: Settings, cancellation: Cancellation, note: Callable[[str], None]
    ) -> Views:
        """Analyses a text. `note` is called in the event loop with what is being done."""
        loop = asyncio.get_running_loop()
        options, capturer = settings.options(), self._capturer(settings, cancellation)

        def tell(words: str) -> None:
            loop.call_soon_threadsafe(note, words)

        def work() -> Views:
            analysis = analyze(FileTarget(path), options, capturer, text, tell)
            cancellation.check()
            return views_of(analysis, path, text, settings.hint_style(), settings.judged_by())

        return await loop.run_in_executor(self._threads, work)

    async def fix(
        self, path: Path, views: Views, finding: Finding, settings: Settings, cancellation: Cancellation, *, asked: bool
    ) -> QuickFix | None:
        """The fix for a finding of a text, if one pays. Those that nobody has *asked* for are worked out one at a time."""
        session = fixes.Session(path, settings.options(), self._capturer(settings, cancellation))

        def work() -> QuickFix | None:
            cancellation.check()
            found = fixes.offers(views.analysis, [finding], views.text, session, unsafe=True)
            return next(map(quick_fix, found), None)

        return await asyncio.get_running_loop().run_in_executor(self._threads if asked else self._background, work)

    async def fixed(
        self, path: Path, views: Views, settings: Settings, cancellation: Cancellation
    ) -> tuple[fixes.Edit, ...]:
        """The edits that carry out every safe fix of a text that pays."""
        session = fixes.Session(path, settings.options(), self._capturer(settings, cancellation))

        def reported(analysis: Analysis, text: str) -> Sequence[Finding]:
            return judged(analysis, path, text, settings.judged_by()).findings

        def work() -> tuple[fixes.Edit, ...]:
            return fixes.edits_between(views.text, fixes.fixed(views.text, session, judged=reported).text)

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _capturer(self, settings: Settings, cancellation: Cancellation) -> CachingCapturer:
        asker = SessionCapturer(self._pool, settings.interpreter, cancellation)
        return CachingCapturer(asker, settings.interpreter or sys.executable, self._store)

    def replace_agents(self) -> None:
        """Ends the agents; new ones start when they are needed."""
        old, self._pool = self._pool, AgentPool()
        threading.Thread(target=old.close, name="graphperf-close").start()

    def close(self) -> None:
        """Ends the agents and lets no more work begin."""
        for threads in (self._threads, self._background):
            threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
