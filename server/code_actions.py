"""Code actions: pin what was assumed, silence a finding on its line, open the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from ..analysis.discovery.suppression import with_suppression
from .code_lens import OPEN_REPORT
from .language_server import GraphperfServer
from .shown import Shown
from .views import ModelView

_QUICK, _SOURCE = types.CodeActionKind.QuickFix, types.CodeActionKind.Source


def add_code_actions(server: GraphperfServer) -> None:
    """Offers what can be done about the lines of a range."""
    options = types.CodeActionOptions(code_action_kinds=[_QUICK, _SOURCE])
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(code_actions)


def code_actions(ls: GraphperfServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The actions for the lines of the range, of the kinds that the client wants."""
    session = ls.sessions.get(params.text_document.uri)
    if session is None:
        return []
    lines = range(params.range.start.line + 1, params.range.end.line + 2)
    found = [*_pins(ls, session, lines), *_ignores(ls, session, lines, params.context.diagnostics)]
    if ls.client_options.client_commands:
        found += _reports(session, lines)
    wanted = params.context.only
    return found if wanted is None else [action for action in found if _is_of(action.kind, wanted)]


def _is_of(kind: str | types.CodeActionKind | None, wanted: Sequence[str | types.CodeActionKind]) -> bool:
    """Whether a kind is one of the wanted ones or below it: `source.fixAll` is below `source`, and all are below ``."""
    name = _name(kind)
    return any(not (above := _name(want)) or name == above or name.startswith(f"{above}.") for want in wanted)


def _name(kind: object) -> str:
    return str(getattr(kind, "value", kind))


def _pins(ls: GraphperfServer, session: Shown, lines: range) -> Iterator[types.CodeAction]:
    """For each model whose class, or `forward`, is in the range."""
    for view in session.views.models:
        pin = view.pin
        line = session.line_now(view, pin.line) if pin is not None else None
        if pin is None or line is None or not _begins_in(session, view, lines):
            continue
        text = session.lines[line - 1]
        if pin.extends:
            edit = _insertion(ls, session, line, len(text.rstrip()), f" {pin.text}")
        else:
            indent = text[: len(text) - len(text.lstrip())]
            edit = _insertion(ls, session, line, 0, f"{indent}{pin.text}{session.end_of_lines}")
        title = "Pin the assumed input" if "input=" in pin.text else "Pin the assumed arguments"
        yield types.CodeAction(title, _QUICK, is_preferred=True, edit=_edit(ls, session, edit))


def _begins_in(session: Shown, view: ModelView, lines: range) -> bool:
    places = (session.line_now(view, line) for line in (view.class_line, view.forward_line))
    return any(place in lines for place in places if place is not None)


def _ignores(
    ls: GraphperfServer, session: Shown, lines: range, shown: Sequence[types.Diagnostic]
) -> Iterator[types.CodeAction]:
    """For each finding on a line of the range. A comment is no comment after a backslash."""
    for line, code in dict.fromkeys((line, mark.finding.code) for line, mark in session.marks() if line in lines):
        text = session.lines[line - 1]
        if text.rstrip().endswith("\\") or not session.views.readable:
            continue
        about = [d for d in shown if d.code == code and d.range.start.line == line - 1]
        edit = _replacement(ls, session, line, with_suppression(text, code))
        title = f"Ignore {code} on this line"
        yield types.CodeAction(title, _QUICK, diagnostics=about or None, edit=_edit(ls, session, edit))


def _reports(session: Shown, lines: range) -> Iterator[types.CodeAction]:
    """For each model of which a line is in the range."""
    for view in session.views.models:
        known = (session.line_now(view, line) for line in (view.class_line, view.forward_line, *view.summaries))
        if any(line in lines for line in known if line is not None):
            command = types.Command("Open report", OPEN_REPORT, arguments=[session.uri, view.name])
            title = "Open report" if len(session.views.models) == 1 else f"Open report of {view.name}"
            yield types.CodeAction(title, _SOURCE, command=command)


def _insertion(ls: GraphperfServer, session: Shown, line: int, column: int, text: str) -> types.TextEdit:
    """`column` counts code points."""
    before = session.lines[line - 1][:column]
    place = types.Position(line - 1, ls.workspace.position_codec.client_num_units(before))
    return types.TextEdit(types.Range(place, place), text)


def _replacement(ls: GraphperfServer, session: Shown, line: int, text: str) -> types.TextEdit:
    """The edit that makes a line the text, from where the two differ on."""
    old = session.lines[line - 1]
    same = next((i for i, (a, b) in enumerate(zip(old, text, strict=False)) if a != b), min(len(old), len(text)))
    units = ls.workspace.position_codec.client_num_units
    changed = types.Range(types.Position(line - 1, units(old[:same])), types.Position(line - 1, units(old)))
    return types.TextEdit(changed, text[same:])


def _edit(ls: GraphperfServer, session: Shown, edit: types.TextEdit) -> types.WorkspaceEdit:
    if not ls.client_can("workspace.workspace_edit.document_changes"):
        return types.WorkspaceEdit(changes={session.uri: [edit]})
    document = types.OptionalVersionedTextDocumentIdentifier(session.uri, session.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, [edit])])
