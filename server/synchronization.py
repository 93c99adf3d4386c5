"""Opening, editing, saving and closing documents."""

from __future__ import annotations

from lsprotocol import types

from .documents import path_of
from .language_server import GraphperfServer
from .sessions import DEBOUNCE_S


def add_synchronization(server: GraphperfServer) -> None:
    """Follows the documents that the client has open."""
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(did_save)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)
    server.feature(types.SHUTDOWN)(shutdown)


def did_open(ls: GraphperfServer, params: types.DidOpenTextDocumentParams) -> None:
    """Python files on disk are analysed; notebooks, unsaved and remote documents are not."""
    document = params.text_document
    path = path_of(document.uri)
    if path is not None and (document.language_id == "python" or path.suffix == ".py"):
        session = ls.sessions.open(document.uri, path, document.text, document.version)
        for opened in ls.on_opened:
            opened(session)


def did_change(ls: GraphperfServer, params: types.DidChangeTextDocumentParams) -> None:
    """The newer text is analysed once the typing pauses."""
    uri = params.text_document.uri
    ls.sessions.change(uri, ls.workspace.get_text_document(uri).source, params.text_document.version)


def did_save(ls: GraphperfServer, params: types.DidSaveTextDocumentParams) -> None:
    """Other documents may import the saved one, so all are analysed anew."""
    session = ls.sessions.get(params.text_document.uri)
    if session is not None:
        session.save()
    ls.sessions.restart(DEBOUNCE_S)


def did_close(ls: GraphperfServer, params: types.DidCloseTextDocumentParams) -> None:
    """Ends the work for the document and takes back what was pushed for it."""
    session = ls.sessions.close(params.text_document.uri)
    if session is not None:
        for refresh in ls.on_closed:
            refresh(session)


def shutdown(ls: GraphperfServer, params: None) -> None:
    """Ends the work: nothing is sent after this."""
    ls.sessions.stop()
