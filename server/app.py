"""Puts the server together from its features."""

from __future__ import annotations

from .code_lens import add_code_lens
from .configuration import add_configuration
from .diagnostics import add_diagnostics
from .hover import add_hover
from .inlay_hints import add_inlay_hints
from .language_server import GraphperfServer
from .synchronization import add_synchronization


def create_server() -> GraphperfServer:
    """A server with every feature, not yet started."""
    server = GraphperfServer()
    for add in (add_configuration, add_synchronization, add_diagnostics, add_inlay_hints, add_hover, add_code_lens):
        add(server)
    return server
