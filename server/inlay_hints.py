"""Inlay hints at the ends of lines, answered from the last good views."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from .documents import content_span
from .hover import hover_content
from .language_server import GraphperfServer
from .session import Session
from .shown import Shown


def add_inlay_hints(server: GraphperfServer) -> None:
    """Shows shape, share and bottleneck at the ends of lines."""
    server.feature(types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintOptions(resolve_provider=True))(inlay_hints)
    server.feature(types.INLAY_HINT_RESOLVE)(resolve)

    def refresh(_: Session) -> None:
        if server.client_can("workspace.inlay_hint.refresh_support"):
            server.workspace_inlay_hint_refresh(None)

    server.on_renewed.append(refresh)


def inlay_hints(ls: GraphperfServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    """The hints of the requested lines."""
    session = ls.sessions.get(params.text_document.uri)
    if session is None or not ls.settings.of(session.path).inlay_hints.enabled:
        return []
    first, last = params.range.start.line + 1, params.range.end.line + 1
    found = [(line, text) for line, text in session.hints() if first <= line <= last]
    return [_hint(ls, session, line, text) for line, text in sorted(found)]


def _hint(ls: GraphperfServer, session: Shown, line: int, text: str) -> types.InlayHint:
    _, end = content_span(session.lines[line - 1], ls.workspace.position_codec)
    data = {"uri": session.uri, "line": line, "generation": session.generation}
    return types.InlayHint(types.Position(line - 1, end), text, padding_left=True, data=data)


def resolve(ls: GraphperfServer, params: types.InlayHint) -> types.InlayHint:
    """Adds the tooltip, unless the hint is of a text that is gone."""
    data: Any = params.data
    session = ls.sessions.get(data["uri"]) if data else None
    if session is not None and data["generation"] == session.generation:
        content = hover_content(ls, session, int(data["line"]))
        if content is not None:
            params.tooltip = content
    return params
