"""Editors with a server, and what they can do."""

import sys

import pytest
import pytest_asyncio
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig

from .editor import Editor, make_editor
from .models import RESNET


def capable(
    *, pull: bool = False, encodings: tuple[str, ...] = (), configuration: bool = True, watch: bool = False
) -> types.ClientCapabilities:
    """What a modern editor announces."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind(e) for e in encodings])
        if encodings
        else None,
        workspace=types.WorkspaceClientCapabilities(
            configuration=configuration,
            did_change_configuration=types.DidChangeConfigurationClientCapabilities(dynamic_registration=configuration),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=watch),
            inlay_hint=types.InlayHintWorkspaceClientCapabilities(refresh_support=True),
            code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=True),
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
        ),
        window=types.WindowClientCapabilities(work_done_progress=True),
        text_document=types.TextDocumentClientCapabilities(
            diagnostic=types.DiagnosticClientCapabilities() if pull else None,
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True),
            code_action=types.CodeActionClientCapabilities(
                data_support=True, resolve_support=types.ClientCodeActionResolveOptions(["edit"])
            ),
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
        ),
    )


SERVER = ClientServerConfig(server_command=[sys.executable, "-m", "graphperf.server"], client_factory=make_editor)


@pytest_lsp.fixture(config=SERVER)
async def unconnected(client: Editor):
    """An editor with a server of its own, whose session is not yet initialized."""
    yield
    await client.shutdown_session()


@pytest_lsp.fixture(config=SERVER, scope="session")
async def connected(client: Editor):
    """A modern editor with a server that tests share."""
    await client.start(capable())
    yield
    await client.shutdown_session()


@pytest_lsp.fixture(config=SERVER, scope="module")
async def own(client: Editor):
    """graphperf's own client with a server that the tests of a module share: it takes every notification and has commands."""
    await client.start(capable(), {"heat": True, "status": True, "clientCommands": True})
    yield
    await client.shutdown_session()


@pytest_asyncio.fixture(loop_scope="session")
async def editor(connected: Editor):
    """The shared editor; its documents are closed and its settings put back after the test."""
    yield connected
    for uri in list(connected.texts):
        connected.close(uri)
    connected.set_configuration({}, section="graphperf")
    connected.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))


@pytest.fixture
def capabilities():
    """The function that builds client capabilities."""
    return capable


@pytest.fixture
def resnet() -> str:
    """The text of a small residual network."""
    return RESNET
