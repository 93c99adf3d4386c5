"""Opening, editing, saving and closing notebooks."""

from __future__ import annotations

from urllib.parse import unquote

from lsprotocol import types

from .documents import path_of
from .language_server import GraphperfServer
from .notebook import CellText, Notebook


def add_notebooks(server: GraphperfServer) -> None:
    """Follows the notebooks that the client has open."""
    server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)(did_save)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)(did_close)


def did_open(ls: GraphperfServer, params: types.DidOpenNotebookDocumentParams) -> None:
    """Notebooks on disk are analysed."""
    notebook = params.notebook_document
    path = path_of(notebook.uri)
    if path is not None:
        ls.opened(Notebook(notebook.uri, path, _cells(ls, notebook.uri), notebook.version))


def did_change(ls: GraphperfServer, params: types.DidChangeNotebookDocumentParams) -> None:
    """Cells came, went, moved or were edited; what only concerns their outputs changes nothing."""
    uri = params.notebook_document.uri
    session = ls.sessions.analysed(uri)
    if not isinstance(session, Notebook):
        return
    before, cells = session.parts, _cells(ls, uri)
    if cells != list(session.cells):
        session.edit_cells(cells, params.notebook_document.version)
        kept = {cell.uri for cell in cells}
        for part in before:
            if part.uri not in kept:
                ls.gone(part)
        ls.sessions.edited(session)


def did_save(ls: GraphperfServer, params: types.DidSaveNotebookDocumentParams) -> None:
    """As when a file is saved."""
    ls.saved()


def did_close(ls: GraphperfServer, params: types.DidCloseNotebookDocumentParams) -> None:
    """Ends the work for the notebook and takes back what was pushed for its cells."""
    ls.closed(params.notebook_document.uri)


def _cells(ls: GraphperfServer, uri: str) -> list[CellText]:
    """The notebook's Python cells in their order."""
    notebook, known = ls.workspace.get_notebook_document(notebook_uri=uri), ls.workspace.text_documents
    names = (unquote(cell.document) for cell in (notebook.cells if notebook is not None else ()))
    documents = (known[name] for name in names if name in known)
    return [CellText(d.uri, d.source, d.version) for d in documents if d.language_id == types.LanguageKind.Python]
