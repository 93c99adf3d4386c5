"""Puts the server together from its features."""

from __future__ import annotations

from .code_actions import add_code_actions
from .code_lens import add_code_lens
from .configuration import add_configuration
from .devices import add_devices
from .diagnostics import add_diagnostics
from .heat import add_heat
from .hover import add_hover
from .inlay_hints import add_inlay_hints
from .language_server import GraphperfServer
from .models import add_models
from .notebooks import add_notebooks
from .report import add_report
from .restart import add_restart
from .status import add_status
from .synchronization import add_synchronization
from .watched_files import add_watched_files

FEATURES = (
    add_configuration, add_watched_files, add_synchronization, add_notebooks, add_diagnostics, add_inlay_hints, add_hover,
    add_code_lens, add_code_actions, add_heat, add_status, add_devices, add_models, add_report, add_restart,
)  # fmt: skip


def create_server() -> GraphperfServer:
    """A server with every feature, not yet started."""
    server = GraphperfServer()
    for add in FEATURES:
        add(server)
    return server
