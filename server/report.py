"""`graphperf.report`: the report of a model as a page, for a client's panel."""

from __future__ import annotations

import asyncio

from ..analysis.report.html import render_html
from .language_server import GraphperfServer

REPORT = "graphperf.report"


def add_report(server: GraphperfServer) -> None:
    """Answers with the last result as a page."""
    server.command(REPORT)(report)


async def report(ls: GraphperfServer, uri: str, name: str | None) -> dict[str, str] | None:
    """Title and page of a model, by default the first of the document; null where there are no figures."""
    session = ls.sessions.get(uri)
    views = [view for _, view in sorted(session.models(), key=lambda pair: pair[0])] if session is not None else []
    view = next((view for view in views if name in (None, view.name)), None)
    if view is None:
        return None
    links = ls.client_options.client_commands
    return {"title": view.name, "html": await asyncio.to_thread(render_html, view.result, view.name, links)}
