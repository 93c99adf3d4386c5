"""The server object that every feature gets: settings, open documents, and what the client can do."""

from __future__ import annotations

import asyncio
from importlib.metadata import PackageNotFoundError, version

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.lsp.server import LanguageServer

from .documents import Protocol
from .engine import Engine
from .progress import background_progress
from .session import Session, Sessions
from .settings import Settings

_CONFIGURATION_LIMIT_S = 3.0


class GraphperfServer(LanguageServer):
    """The language server with graphperf's state."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("graphperf", _version(), protocol_cls=Protocol)
        self.engine = Engine()
        self.sessions = Sessions(self.engine, self._renewed, lambda name: background_progress(self, name))
        self.sessions.settings = self._configured_settings
        self.settings = Settings()
        self.configured = asyncio.Event()

    def close(self) -> None:
        """Ends the agents; for when the loop is gone."""
        self.engine.close()

    async def _configured_settings(self) -> Settings:
        """The settings once the client has told them, or without them if it does not."""
        try:
            await asyncio.wait_for(self.configured.wait(), _CONFIGURATION_LIMIT_S)
        except asyncio.TimeoutError:
            self.configured.set()
        return self.settings

    def session_lines(self, session: Session, line: int) -> str:
        """The text of a line (counted from 1)."""
        return session.lines[line - 1] if 0 < line <= len(session.lines) else ""

    def _renewed(self, session: Session) -> None:
        """Makes the client ask again, as far as it can be asked to; pushes diagnostics to one that cannot pull them."""
        if get_capability(self.client_capabilities, "workspace.inlay_hint.refresh_support", False):
            self.workspace_inlay_hint_refresh(None)
        if get_capability(self.client_capabilities, "workspace.code_lens.refresh_support", False):
            self.workspace_code_lens_refresh(None)
