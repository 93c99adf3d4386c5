"""When settings are read: at start, when the client says that they or its folders changed, and when `pyproject.toml` did."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from .client_options import read_client_options
from .documents import Protocol
from .language_server import GraphperfServer
from .settings import Settings
from .settings_layers import SECTION, WorkspaceSettings, project_layer, read_settings


def add_configuration(server: GraphperfServer) -> None:
    """Reads the settings at start and whenever the client says that they changed."""
    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.INITIALIZED)(initialized)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change_configuration)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(did_change_folders)


def initialize(ls: GraphperfServer, params: types.InitializeParams) -> None:
    """Remembers the initialization options, which hold until there is more."""
    assert isinstance(ls.protocol, Protocol)
    ls.protocol.use_documents()
    ls.initialization_options = params.initialization_options
    ls.client_options = read_client_options(params.initialization_options)


async def initialized(ls: GraphperfServer, params: types.InitializedParams) -> None:
    """Asks for the configuration, and to be told of changes to it."""
    for hear in ls.on_initialized:
        hear()
    if ls.client_can("workspace.did_change_configuration.dynamic_registration"):
        options = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
        ls.register(types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)
    ls.configuration = await _pulled(ls)
    use_settings(ls)
    ls.configured.set()


async def did_change_configuration(ls: GraphperfServer, params: types.DidChangeConfigurationParams) -> None:
    """Uses the new settings; the sent ones where the client cannot be asked."""
    pulls = ls.client_can("workspace.configuration")
    ls.configuration = await _pulled(ls) if pulls else {None: params.settings}
    use_settings(ls)


async def did_change_folders(ls: GraphperfServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Other folders are other projects. What a client has sent without being asked still holds."""
    ls.configuration = await _pulled(ls) or ls.configuration
    use_settings(ls)


async def _pulled(ls: GraphperfServer) -> Mapping[Path | None, object]:
    """The client's `graphperf` section of each folder and, at None, of the rest; of what it tells, if it can be asked."""
    if not ls.client_can("workspace.configuration"):
        return {}
    scopes: dict[Path | None, str | None] = {None: None, **_folders(ls)}
    items = [types.ConfigurationItem(scope, SECTION) for scope in scopes.values()]
    try:
        found = await asyncio.shield(ls.workspace_configuration_async(types.ConfigurationParams(items)))
    except Exception:  # what a client answers instead of settings is no reason to stop
        return {}
    return dict(zip(scopes, found, strict=False))


def _folders(ls: GraphperfServer) -> dict[Path, str]:
    """The workspace's folders on this machine, with their URIs."""
    paths = {uri: to_fs_path(uri) for uri in ls.workspace.folders}
    return {Path(path): uri for uri, path in paths.items() if path is not None}


def use_settings(ls: GraphperfServer) -> None:
    """Takes the settings over, says once what cannot be used, and analyses again if anything changed."""
    folders = tuple(_folders(ls))
    before = ls.settings
    elsewhere = _settings(ls, folders[0] if folders else None, None, folders)
    ls.settings = WorkspaceSettings(elsewhere, {folder: _settings(ls, folder, folder, folders) for folder in folders})
    if before.processes != ls.settings.processes:
        ls.engine.replace_agents()
    if before != ls.settings and ls.configured.is_set():
        ls.sessions.restart()


def _settings(ls: GraphperfServer, project: Path | None, scope: Path | None, folders: Sequence[Path]) -> Settings:
    """Of initialization options, the project's file and the client's configuration, the later goes first."""
    asked = project_layer(project) if project is not None else None
    layers = [ls.initialization_options, asked, ls.configuration.get(None), ls.configuration.get(scope)]
    settings, complaints = read_settings(layers, folders, project)
    for complaint in complaints:
        if complaint not in ls.told:
            ls.told.add(complaint)
            ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"graphperf: {complaint}"))
    return settings
