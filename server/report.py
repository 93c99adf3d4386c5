"""`graphperf.report`: the report of a model as a page, for a client's panel."""

from __future__ import annotations

import asyncio

from ..analysis.report.html import render_html
from .language_server import GraphperfServer

REPORT = "graphperf.report"


def add_report(server: GraphperfServer) -> None:
    """Answers with the last good result of a model."""
    server.command(REPORT)(report)


async def report(ls: GraphperfServer, uri: str, name: str | None) -> dict[str, object] | None:
    """Title and page of a model, by default the first of the document; None while there is none. A click posts its line."""
    session = ls.sessions.get(uri)
    views = [view for _, view in session.models()] if session is not None else []
    view = next((view for view in views if name in (None, view.name)), None)
    if view is None:
        return None
    html = await asyncio.to_thread(render_html, view.result, view.name, links=True)
    return {"title": view.name, "html": html}
