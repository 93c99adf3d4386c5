"""A code lens above each model with its totals, and the command behind it."""

from __future__ import annotations

from lsprotocol import types

from ..analysis.report.hints import device_title, totals_text
from .documents import content_span
from .language_server import GraphperfServer
from .session import Session
from .views import ModelView

SHOW_TOTALS = "graphperf.showTotals"


def add_code_lens(server: GraphperfServer) -> None:
    """Shows the totals of a model above its class."""
    server.feature(types.TEXT_DOCUMENT_CODE_LENS)(code_lens)
    server.command(SHOW_TOTALS)(show_totals)

    def refresh(_: Session) -> None:
        if server.client_can("workspace.code_lens.refresh_support"):
            server.workspace_code_lens_refresh(None)

    server.on_renewed.append(refresh)


def code_lens(ls: GraphperfServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    """One lens a model."""
    session = ls.sessions.get(params.text_document.uri)
    if session is None:
        return []
    return [_lens(ls, session, line, view) for line, view in sorted(session.models(), key=lambda pair: pair[0])]


def _lens(ls: GraphperfServer, session: Session, line: int, view: ModelView) -> types.CodeLens:
    start, end = content_span(session.lines[line - 1], ls.workspace.position_codec)
    place = types.Range(types.Position(line - 1, start), types.Position(line - 1, end))
    return types.CodeLens(place, types.Command(_title(view), SHOW_TOTALS, arguments=[session.uri, view.name]))


def _title(view: ModelView) -> str:
    count = len(view.marks)
    hints = f"{count} hint{'s' if count > 1 else ''}" if count else ""
    return " | ".join(filter(None, [device_title(view.first), totals_text(view.first), hints]))


def show_totals(ls: GraphperfServer, uri: str, name: str) -> None:
    """Shows the totals of a model on every chosen device."""
    session = ls.sessions.get(uri)
    view = next((view for _, view in session.models() if view.name == name), None) if session is not None else None
    text = f"there are no figures for {name} yet"
    if view is not None:
        text = "\n".join(f"{name}: {device_title(e)} | {totals_text(e)}" for e in view.result.evaluations)
    ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))
