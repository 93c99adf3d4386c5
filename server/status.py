"""`graphperf/status`: what the server is doing, in one word and a sentence, for clients that show it."""

from __future__ import annotations

from typing import Literal

from ..analysis.report import units
from ..analysis.report.hints import device_title
from .language_server import GraphperfServer
from .session import Session

STATUS = "graphperf/status"
State = Literal["starting", "capturing", "ready", "degraded", "untrusted"]


def add_status(server: GraphperfServer) -> None:
    """Reports what becomes of each document, to clients that asked for it."""

    def send(state: State, message: str, uri: str | None) -> None:
        if server.client_options.status:
            server.protocol.notify(STATUS, {"state": state, "message": message, "uri": uri})

    for starts in (server.on_initialized, server.on_restarted):
        starts.append(lambda: send("starting", "starting", None))
    server.on_noted.append(lambda session, words: send("capturing", words, session.uri))
    server.on_renewed.append(lambda session: send(*status_of(session), session.uri))
    server.on_unfinished.append(lambda session, words: send("degraded", words, session.uri))


def status_of(session: Session) -> tuple[State, str]:
    """The state after an analysis: what hinders every capture, else how many models there are figures for."""
    hindrance, models = session.views.hindrance, session.views.models
    if hindrance is not None:
        return ("untrusted" if hindrance.stage == "untrusted" else "degraded"), hindrance.message
    if not models:
        return "ready", "no models"
    return "ready", f"{units.count(len(models), 'model')} · {device_title(models[0].first)}"
