"""Edits of a text as the client counts it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsprotocol import types

from ..analysis.discovery.classes import split_lines
from ..analysis.fixes import Edit
from .fixes import only_moved
from .language_server import GraphperfServer
from .shown import Shown


def insertion(ls: GraphperfServer, session: Shown, line: int, column: int, text: str) -> types.TextEdit:
    """`column` counts code points."""
    place = _position(ls, session, line, column)
    return types.TextEdit(types.Range(place, place), text)


def replacement(ls: GraphperfServer, session: Shown, line: int, text: str) -> types.TextEdit:
    """The edit that makes a line the text, from where the two differ on."""
    old = session.lines[line - 1]
    same = next((i for i, (a, b) in enumerate(zip(old, text, strict=False)) if a != b), min(len(old), len(text)))
    changed = types.Range(_position(ls, session, line, same), _position(ls, session, line, len(old)))
    return types.TextEdit(changed, text[same:])


def moved(ls: GraphperfServer, session: Shown, edits: Iterable[Edit]) -> list[types.TextEdit] | None:
    """Edits of the text that gave the views, at their lines in the present one; None where they no longer hold."""
    if not only_moved(session.views.text, session.whole):
        return None
    old = split_lines(session.views.text)
    found = [_moved(ls, session, edit, old) for edit in edits]
    return [edit for edit in found if edit is not None] if None not in found else None


def _moved(ls: GraphperfServer, session: Shown, edit: Edit, old: Sequence[str]) -> types.TextEdit | None:
    """Only where the lines that it touches are as they were, one behind the other."""
    lines, touched = session.map(session.views.text), range(edit.line, edit.end_line + 1)
    places = [lines.new(line) for line in touched]
    first = places[0]
    if first is None or places != list(range(first, first + len(places))):
        return None
    if any(old[line - 1] != session.lines[place - 1] for line, place in zip(touched, places, strict=True) if place):
        return None
    start = _position(ls, session, first, edit.column - 1)
    end = _position(ls, session, first + len(places) - 1, edit.end_column - 1)
    return types.TextEdit(types.Range(start, end), edit.text.replace("\n", session.end_of_lines))


def _position(ls: GraphperfServer, session: Shown, line: int, column: int) -> types.Position:
    before = session.lines[line - 1][:column]
    return types.Position(line - 1, ls.workspace.position_codec.client_num_units(before))


def workspace_edit(ls: GraphperfServer, session: Shown, edits: Sequence[types.TextEdit]) -> types.WorkspaceEdit:
    """Edits of the present version of a text, where the client knows versions."""
    if not ls.client_can("workspace.workspace_edit.document_changes"):
        return types.WorkspaceEdit(changes={session.uri: list(edits)})
    document = types.OptionalVersionedTextDocumentIdentifier(session.uri, session.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, list(edits))])
