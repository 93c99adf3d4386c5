"""Files that change outside of the editor: projects' settings, and Python that open documents may import."""

from __future__ import annotations

from lsprotocol import types

from .configuration import use_settings
from .documents import path_of
from .language_server import GraphperfServer
from .sessions import DEBOUNCE_S

PROJECT_FILE = "pyproject.toml"
PATTERNS = (f"**/{PROJECT_FILE}", "**/*.py")


def add_watched_files(server: GraphperfServer) -> None:
    """Asks clients that can to watch files, and follows what they tell."""
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(did_change)
    server.on_initialized.append(lambda: _watch(server))


def _watch(server: GraphperfServer) -> None:
    if server.client_can("workspace.did_change_watched_files.dynamic_registration"):
        watchers = [types.FileSystemWatcher(pattern) for pattern in PATTERNS]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        server.register(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)


def did_change(ls: GraphperfServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Reads the settings anew, and analyses anew. The text of an open document comes from the editor, not from its file."""
    changed = [change.uri for change in params.changes if ls.sessions.get(change.uri) is None]
    projects = [uri for uri in changed if (path := path_of(uri)) is not None and path.name == PROJECT_FILE]
    if projects:
        use_settings(ls)
    if changed:
        ls.sessions.restart(DEBOUNCE_S)
