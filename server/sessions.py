"""The open documents and the background work that renews what is known of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from urllib.parse import unquote

from ..analysis.fixes import Edit
from .captures import Cancellation, Superseded
from .engine import Engine
from .fixes import Place, QuickFix
from .session import Session
from .settings import Settings
from .shown import Shown

DEBOUNCE_S = 0.15
# How long the change by an edit is shown, from its result on.
CHANGE_SHOWN_S = 60.0
# How long after a result the fixes are worked out: they can wait, and the next edit makes them anew.
FIXES_AFTER_S = 0.5

Note = Callable[[str], None]
Progress = Callable[[Session, Cancellation], AbstractAsyncContextManager[Note]]
logger = logging.getLogger(__name__)


class Sessions:
    """The open documents and their background work. All methods belong to the event loop's thread.

    `renewed` hears of every result, `rested` when its change is no longer shown, `unfinished` why there is none: the user
    cancelled it, or it failed.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Callable[[Path], Awaitable[Settings]],
        renewed: Callable[[Session], None],
        rested: Callable[[Session], None],
        unfinished: Callable[[Session, str], None],
        progress: Progress,
    ) -> None:
        self._engine, self._settings, self._progress = engine, settings, progress
        self._renewed, self._rested, self._unfinished = renewed, rested, unfinished
        self._open: dict[str, Session] = {}
        self._work: dict[str, tuple[asyncio.Task[None], Cancellation]] = {}

    def get(self, uri: str) -> Shown | None:
        """What is known of an open document, or of a cell of an open notebook."""
        name = unquote(uri)
        found = self._open.get(name)
        if found is not None:
            return found
        return next((part for s in self for part in s.parts if unquote(part.uri) == name), None)

    def analysed(self, uri: str) -> Session | None:
        """The session of an open document or notebook."""
        return self._open.get(unquote(uri))

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._open.values()))

    def open(self, session: Session) -> None:
        """A document was opened."""
        self.close(session.uri)
        self._open[unquote(session.uri)] = session
        self._start(session, 0.0)

    def edited(self, session: Session) -> None:
        """A document was edited; the work begins once the typing pauses."""
        self._start(session, DEBOUNCE_S)

    def close(self, uri: str) -> Session | None:
        """A document was closed."""
        session = self._open.pop(unquote(uri), None)
        if session is not None:
            self._stop(session)
        return session

    def restart(self, delay: float = 0.0) -> None:
        """Analyses every open document again."""
        for session in self._open.values():
            self._start(session, delay)

    def stop(self) -> None:
        """Ends all background work."""
        for session in self._open.values():
            self._stop(session)

    def _start(self, session: Session, delay: float) -> None:
        self._stop(session)
        cancellation = Cancellation()
        task = asyncio.get_running_loop().create_task(self._run(session, delay, cancellation))
        self._work[session.uri] = task, cancellation

    def _stop(self, session: Session) -> None:
        running = self._work.pop(session.uri, None)
        if running is not None:
            task, cancellation = running
            cancellation.cancel()
            task.cancel()

    async def _run(self, session: Session, delay: float, cancellation: Cancellation) -> None:
        try:
            await asyncio.sleep(delay)
            settings = await self._settings(session.path)
            async with self._progress(session, cancellation) as note:
                fresh = await self._engine.views(session.path, session.text, settings, cancellation, note)
        except Superseded:
            self._unfinished(
                session, f"the analysis of {session.path.name} was cancelled; an edit or saving starts it again"
            )
            return
        except Exception:
            logger.exception("The analysis of %s failed", session.path.name)
            self._unfinished(session, f"the analysis of {session.path.name} failed; the server's log says why")
            return
        finally:
            cancellation.cancel()
        session.renew(fresh)
        self._renewed(session)
        await asyncio.gather(self._rest(session), self._work_out_fixes(session, settings))

    async def _rest(self, session: Session) -> None:
        await asyncio.sleep(CHANGE_SHOWN_S)
        if session.rest():
            self._rested(session)

    async def _work_out_fixes(self, session: Session, settings: Settings) -> None:
        """Those of a result, the most valuable first, once the user pauses."""
        await asyncio.sleep(FIXES_AFTER_S)
        with suppress(Superseded):
            while (place := session.fixes.next()) is not None:
                await self.work_out(session, place, settings, asked=False)

    async def work_out(
        self, session: Shown, place: Place, settings: Settings, *, asked: bool = True
    ) -> QuickFix | None:
        """The fix for a finding by its code and line, worked out unless it is known. The work ends with the waiting for
        it. Raises `Superseded` where it ends otherwise."""
        fixes, views = session.fixes, session.views
        finding = fixes.finding(place)
        if finding is not None and fixes.is_open(place):
            cancellation, found = Cancellation(), None
            try:
                found = await self._engine.fix(session.path, views, finding, settings, cancellation, asked=asked)
            except Superseded:
                raise
            except Exception:
                logger.exception("The fix for %s at line %d of %s failed", *place, session.path.name)
            finally:
                cancellation.cancel()
            fixes.put(place, found)
        return fixes.get(place)

    async def work_out_all(self, session: Shown, settings: Settings) -> tuple[Edit, ...]:
        """The edits of every safe fix; the work ends with the waiting for it."""
        cancellation = Cancellation()
        try:
            return await self._engine.fixed(session.path, session.views, settings, cancellation)
        finally:
            cancellation.cancel()
