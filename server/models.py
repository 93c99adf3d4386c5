"""`graphperf.models`: the models of a document and their layers, for a client's tree."""

from __future__ import annotations

from ..analysis.report.hints import totals_text
from ..analysis.report.layers import layers
from .language_server import GraphperfServer
from .shown import Shown
from .views import ModelView

MODELS = "graphperf.models"


def add_models(server: GraphperfServer) -> None:
    """Answers with what is known of a document now."""
    server.command(MODELS)(models)


def models(ls: GraphperfServer, uri: str) -> list[dict[str, object]]:
    """One record a model, in the order of the file, with its layers by share; lines count from 0."""
    session = ls.sessions.get(uri)
    if session is None:
        return []
    found = sorted(session.models(), key=lambda pair: pair[0])
    return [_model(ls, session, line, view) for line, view in found]


def _model(ls: GraphperfServer, session: Shown, line: int, view: ModelView) -> dict[str, object]:
    children = [
        {
            "name": layer.name,
            "line": (session.line_now(view, layer.line) or line) - 1,
            "share": layer.share,
            "detail": layer.detail,
        }
        for layer in layers(view.first, view.summaries.values(), ls.settings.of(session.path).share)
    ]
    return {"name": view.name, "line": line - 1, "totals": totals_text(view.first), "children": children}
