"""The server object that every feature gets: settings, open documents, and what to do when their results are renewed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import cast

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

    def __init__(self) -> None:
        super().__init__("graphperf", _version(), protocol_cls=Protocol)  # pyright: ignore[reportUnknownMemberType]
        self.engine = Engine()
        self.sessions = Sessions(
            self.engine,
            settings=self._configured_settings,
            renewed=self._renewed,
            progress=lambda name: background_progress(self, name),
        )
        self.settings = Settings()
        self.configured = asyncio.Event()
        self.initialization_options: object = None
        self.told: set[str] = set()
        self.on_renewed: list[Callable[[Session], None]] = []
        self.on_closed: list[Callable[[Session], None]] = []

    def close(self) -> None:
        """Ends the agents; for when the event loop has ended."""
        self.engine.close()

    def client_can(self, capability: str) -> bool:
        """Whether the client announced a capability, by its path: `workspace.inlay_hint.refresh_support`."""
        return bool(get_capability(self.client_capabilities, capability))

    def client_list(self, capability: str) -> list[str]:
        """A list that the client announced, as plain texts."""
        found = cast("Sequence[object]", get_capability(self.client_capabilities, capability) or ())
        return [str(getattr(item, "value", item)) for item in found]

    async def _configured_settings(self) -> Settings:
        """The settings once the client has told them, or without them if it does not."""
        try:
            await asyncio.wait_for(self.configured.wait(), _CONFIGURATION_LIMIT_S)
        except asyncio.TimeoutError:
            self.configured.set()
        return self.settings

    def _renewed(self, session: Session) -> None:
        for refresh in self.on_renewed:
            refresh(session)


def _version() -> str:
    try:
        return version("graphperf")
    except PackageNotFoundError:
        return "unknown"
