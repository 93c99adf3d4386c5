"""`graphperf/heat`: how much of a model each line holds, for clients that colour the margin."""

from __future__ import annotations

from bisect import bisect_right

from ..analysis.report.shares import line_share
from .language_server import GraphperfServer
from .session import Session
from .shown import Shown

HEAT = "graphperf/heat"
# The least share of each of the five steps; what holds less has no colour.
_STEPS = (0.01, 0.03, 0.08, 0.20, 0.40)


def add_heat(server: GraphperfServer) -> None:
    """Sends the heat of a document when it is opened and with every result, to clients that asked for it."""

    def send(session: Session) -> None:
        if server.client_options.heat:
            for part in session.parts:
                server.protocol.notify(HEAT, heat_of(part, server))

    server.on_opened.append(send)
    server.on_renewed.append(send)


def level(share: float) -> int:
    """The step of a share, 1 to 5; 0 below the least."""
    return bisect_right(_STEPS, share)


def heat_of(session: Shown, server: GraphperfServer) -> dict[str, object]:
    """The warm lines of a document, counted from 0."""
    quantity = server.settings.of(session.path).share
    shares = [
        (line, line_share(view.first, summary, quantity), session.is_kept(view))
        for line, view, summary in session.summaries()
    ]
    lines = [
        {"line": line - 1, "share": round(share, 6), "level": level(share), "kept": kept}
        for line, share, kept in sorted(shares)
        if level(share)
    ]
    return {"uri": session.uri, "version": session.version, "lines": lines}
