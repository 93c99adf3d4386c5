"""Open documents: the latest text, the last good views, and the background work that renews them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from urllib.parse import unquote

from ..analysis.discovery.classes import split_lines
from ..analysis.report.lines import LineSummary
from .captures import Cancellation, Superseded
from .engine import Engine
from .line_map import LineMap
from .settings import Settings
from .views import Mark, ModelView, Views, merged

DEBOUNCE_S = 0.15

Note = Callable[[str], None]
Progress = Callable[[str], AbstractAsyncContextManager[Note]]
logger = logging.getLogger(__name__)


class Session:
    """One document. `generation` grows whenever the text or the views change."""

    def __init__(self, uri: str, path: Path, text: str, version: int | None) -> None:
        self.uri, self.path, self.version = uri, path, version
        self.generation = 0
        self.views = Views()
        self.text: str = text
        self.lines: list[str] = split_lines(text)
        self._maps: dict[str, LineMap] = {}

    def edit(self, text: str, version: int | None) -> None:
        """A newer text; what was known moves with its lines."""
        self.version = version
        if text != self.text:
            self.text, self.lines = text, split_lines(text)
            self._maps.clear()
            self.generation += 1

    def renew(self, fresh: Views) -> None:
        """Fresh views of this text or of an earlier one."""
        self.views = merged(self.views, fresh)
        self._maps.clear()
        self.generation += 1

    def _map(self, text: str) -> LineMap:
        if text not in self._maps:
            self._maps[text] = LineMap(split_lines(text), self.lines)
        return self._maps[text]

    def hints(self) -> Iterator[tuple[int, str]]:
        """`(line, text)` in the current text; where models share a line, the first one's."""
        seen: set[int] = set()
        for view in self.views.models:
            lines = self._map(view.text)
            for old, text in view.hints.items():
                line = lines.new(old)
                if line is not None and line not in seen:
                    seen.add(line)
                    yield line, text

    def summary_at(self, line: int) -> tuple[ModelView, LineSummary] | None:
        """The first model's summary of a line of the current text."""
        for view in self.views.models:
            old = self._map(view.text).old(line)
            if old is not None and old in view.summaries:
                return view, view.summaries[old]
        return None

    def model_at(self, line: int) -> ModelView | None:
        """The model whose class or `forward` begins at a line of the current text."""
        for view in self.views.models:
            old = self._map(view.text).old(line)
            if old is not None and old in (view.class_line, view.forward_line):
                return view
        return None

    def models(self) -> Iterator[tuple[int, ModelView]]:
        """Each model with the line of its class in the current text."""
        for view in self.views.models:
            line = self._map(view.text).new(view.class_line)
            if line is not None:
                yield line, view

    def marks(self) -> Iterator[tuple[int, Mark]]:
        """Each finding with its line in the current text. Syntax errors only where models are to be expected."""
        if self.views.readable or self.views.models or "torch" in self.views.text:
            for mark in self.views.problems:
                line = self._map(self.views.text).new(mark.line)
                if line is not None:
                    yield line, mark
        for view in self.views.models:
            for mark in view.marks:
                line = self._map(view.text).new(mark.line)
                if line is not None:
                    yield line, mark


class Sessions:
    """The open documents and their background work. All methods belong to the event loop's thread."""

    def __init__(
        self,
        engine: Engine,
        settings: Callable[[], Awaitable[Settings]],
        renewed: Callable[[Session], None],
        progress: Progress,
    ) -> None:
        self._engine, self._settings, self._renewed, self._progress = engine, settings, renewed, progress
        self._open: dict[str, Session] = {}
        self._work: dict[str, tuple[asyncio.Task[None], Cancellation]] = {}

    def get(self, uri: str) -> Session | None:
        """The session of an open document."""
        return self._open.get(unquote(uri))

    def open(self, uri: str, path: Path, text: str, version: int | None) -> None:
        """A document was opened."""
        self.close(uri)
        session = self._open[unquote(uri)] = Session(uri, path, text, version)
        self._start(session, 0.0)

    def change(self, uri: str, text: str, version: int | None) -> None:
        """A document was edited; the work begins once the typing pauses."""
        session = self.get(uri)
        if session is not None:
            session.edit(text, version)
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
            settings = await self._settings()
            async with self._progress(session.path.name) as note:
                fresh = await self._engine.views(session.path, session.text, settings, cancellation, note)
        except Superseded:
            return
        except Exception:
            logger.exception("The analysis of %s failed", session.path.name)
            return
        finally:
            cancellation.cancel()
        session.renew(fresh)
        self._renewed(session)
