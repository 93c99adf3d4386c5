"""Work-done progress for analyses that take long enough to be noticed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

from lsprotocol import types

if TYPE_CHECKING:
    from .language_server import GraphperfServer

_PATIENCE_S = 0.5


@asynccontextmanager
async def background_progress(
    server: GraphperfServer, name: str, cancel: Callable[[], None]
) -> AsyncGenerator[Callable[[str], None], None]:
    """Gives a function that shows what is being done; the user can `cancel` it. Nothing is shown for work that ends soon."""
    if not server.client_can("window.work_done_progress"):
        yield _say_nothing
        return
    shown = _Shown(server, f"graphperf: {name}", cancel)
    timer = asyncio.get_running_loop().call_later(_PATIENCE_S, shown.begin)
    try:
        yield shown.report
    finally:
        timer.cancel()
        shown.end()


def _say_nothing(_: str) -> None:
    pass


class _Shown:
    """One progress. The client's answer to `create` may come after the work has ended."""

    def __init__(self, server: GraphperfServer, title: str, cancel: Callable[[], None]) -> None:
        self._server, self._title, self._cancel = server, title, cancel
        self._token = str(uuid.uuid4())
        self._words: str | None = None
        self._begun = self._ended = False

    def begin(self) -> None:
        self._server.window_work_done_progress_create(
            types.WorkDoneProgressCreateParams(self._token), lambda _: self._created()
        )

    def _created(self) -> None:
        if not self._ended:
            self._begun = True
            value = types.WorkDoneProgressBegin(self._title, cancellable=True, message=self._words)
            self._server.work_done_progress.begin(self._token, value)
            self._tokens[self._token].add_done_callback(lambda future: self._cancel() if future.cancelled() else None)

    def report(self, words: str) -> None:
        self._words = words
        if self._begun and not self._ended:
            self._server.work_done_progress.report(self._token, types.WorkDoneProgressReport(message=words))

    def end(self) -> None:
        self._ended = True
        if self._begun:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())
            self._tokens.pop(self._token, None)  # pygls would keep it for ever

    @property
    def _tokens(self) -> dict[types.ProgressToken, Future[object]]:
        """Of the progress that is shown; pygls cancels a future when the user cancels."""
        return cast("dict[types.ProgressToken, Future[object]]", self._server.work_done_progress.tokens)  # pyright: ignore[reportUnknownMemberType]
