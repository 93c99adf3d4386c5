"""`graphperf.restart`: new agents, and everything analysed again."""

from __future__ import annotations

from .language_server import GraphperfServer

RESTART = "graphperf.restart"


def add_restart(server: GraphperfServer) -> None:
    """For when packages were installed, or an interpreter hangs."""
    server.command(RESTART)(restart)


def restart(ls: GraphperfServer) -> None:
    """Ends the agents and analyses every open document with new ones."""
    for restarted in ls.on_restarted:
        restarted()
    ls.engine.replace_agents()
    ls.sessions.restart()
