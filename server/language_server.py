"""The server object that every feature gets: settings, open documents, and what to do when their results are renewed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.lsp.server import LanguageServer

from .captures import Cancellation
from .client_options import ClientOptions
from .documents import Protocol
from .engine import Engine
from .progress import background_progress
from .session import Session
from .sessions import DEBOUNCE_S, Note, Sessions
from .settings import Settings
from .settings_layers import WorkspaceSettings
from .shown import Shown

_CONFIGURATION_LIMIT_S = 3.0
_NOTEBOOKS = types.NotebookDocumentSyncOptions(
    [types.NotebookDocumentFilterWithNotebook("jupyter-notebook", [types.NotebookCellLanguage("python")])], save=True
)


class GraphperfServer(LanguageServer):
    """The language server with graphperf's state."""

    def __init__(self) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "graphperf", server_version(), protocol_cls=Protocol, notebook_document_sync=_NOTEBOOKS
        )
        self.engine = Engine()
        self.sessions = Sessions(
            self.engine,
            settings=self._configured_settings,
            renewed=self._renewed,
            rested=self._rested,
            unfinished=self._unfinished,
            progress=self._progress,
        )
        self.settings = WorkspaceSettings()
        self.configured = asyncio.Event()
        self.initialization_options: object = None
        self.client_options = ClientOptions()
        self.configuration: Mapping[Path | None, object] = {}
        self.told: set[str] = set()
        self.on_initialized: list[Callable[[], None]] = []
        self.on_restarted: list[Callable[[], None]] = []
        self.on_opened: list[Callable[[Session], None]] = []
        self.on_noted: list[Callable[[Session, str], None]] = []
        self.on_renewed: list[Callable[[Session], None]] = []
        self.on_rested: list[Callable[[Session], None]] = []
        self.on_unfinished: list[Callable[[Session, str], None]] = []
        self.on_closed: list[Callable[[Shown], None]] = []

    def close(self) -> None:
        """Ends the agents; for when the event loop has ended."""
        self.engine.close()

    def client_can(self, capability: str) -> bool:
        """Whether the client announced a capability, by its path: `workspace.inlay_hint.refresh_support`."""
        return bool(get_capability(self.client_capabilities, capability))

    def register(self, method: str, options: object) -> None:
        """Asks the client, which can, to send something from now on."""
        registration = types.Registration(id=f"graphperf/{method}", method=method, register_options=options)
        self.client_register_capability(types.RegistrationParams([registration]))

    def client_list(self, capability: str) -> list[str]:
        """A list that the client announced, as plain texts."""
        found = cast("Sequence[object]", get_capability(self.client_capabilities, capability) or ())
        return [str(getattr(item, "value", item)) for item in found]

    async def _configured_settings(self, path: Path) -> Settings:
        """The settings of a file once the client has told them, or without them if it does not."""
        try:
            await asyncio.wait_for(self.configured.wait(), _CONFIGURATION_LIMIT_S)
        except asyncio.TimeoutError:
            self.configured.set()
        return self.settings.of(path)

    def opened(self, session: Session) -> None:
        """A document or a notebook was opened."""
        self.sessions.open(session)
        for hear in self.on_opened:
            hear(session)

    def saved(self) -> None:
        """A file was saved. Other documents may import it, so all are analysed anew."""
        self.sessions.restart(DEBOUNCE_S)

    def closed(self, uri: str) -> None:
        """Ends the work for a document and takes back what was pushed for it."""
        session = self.sessions.close(uri)
        for part in session.parts if session is not None else ():
            self.gone(part)

    def gone(self, part: Shown) -> None:
        """The client no longer shows a text."""
        for hear in self.on_closed:
            hear(part)

    @asynccontextmanager
    async def _progress(self, session: Session, cancellation: Cancellation) -> AsyncGenerator[Note, None]:
        """Tells everyone who listens what an analysis is doing."""
        async with background_progress(self, session.path.name, cancellation.cancel) as show:

            def note(words: str) -> None:
                if cancellation.cancelled:  # what a thread says that has not noticed yet
                    return
                show(words)
                for hear in self.on_noted:
                    hear(session, words)

            yield note

    def _unfinished(self, session: Session, words: str) -> None:
        for hear in self.on_unfinished:
            hear(session, words)

    def _rested(self, session: Session) -> None:
        for hear in self.on_rested:
            hear(session)

    def _renewed(self, session: Session) -> None:
        for refresh in self.on_renewed:
            refresh(session)


def server_version() -> str:
    """The installed version."""
    try:
        return version("graphperf")
    except PackageNotFoundError:
        return "unknown"
