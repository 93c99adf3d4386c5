"""Opening, editing, saving and closing documents."""

from __future__ import annotations

from lsprotocol import types

from .documents import path_of
from .language_server import GraphperfServer
from .session import Session


def add_synchronization(server: GraphperfServer) -> None:
    """Follows the documents that the client has open."""
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(did_save)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)
    server.feature(types.SHUTDOWN)(shutdown)


def did_open(ls: GraphperfServer, params: types.DidOpenTextDocumentParams) -> None:
    """Python files on disk are analysed; unsaved and remote documents are not."""
    document = params.text_document
    path = path_of(document.uri)
    if path is not None and (document.language_id == "python" or path.suffix == ".py"):
        ls.opened(Session(document.uri, path, document.text, document.version))


def did_change(ls: GraphperfServer, params: types.DidChangeTextDocumentParams) -> None:
    """The newer text is analysed once the typing pauses."""
    uri = params.text_document.uri
    session = ls.sessions.analysed(uri)
    if session is not None:
        session.edit(ls.workspace.get_text_document(uri).source, params.text_document.version)
        ls.sessions.edited(session)


def did_save(ls: GraphperfServer, params: types.DidSaveTextDocumentParams) -> None:
    """Other documents may import the saved one, so all are analysed anew."""
    ls.saved()


def did_close(ls: GraphperfServer, params: types.DidCloseTextDocumentParams) -> None:
    """Ends the work for the document and takes back what was pushed for it."""
    ls.closed(params.text_document.uri)


def shutdown(ls: GraphperfServer, params: None) -> None:
    """Ends the work: nothing is sent after this."""
    ls.sessions.stop()
