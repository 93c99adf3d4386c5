"""Code actions: fix what a rule found, pin what was assumed, silence a finding on its line, open the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from ..analysis.discovery.suppression import EVERY, with_suppression, without_suppression
from ..analysis.silencing import UNUSED
from .code_lens import OPEN_REPORT
from .edits import insertion, replacement, workspace_edit
from .fix_actions import FIX_ALL, about, fix_all, fixes_of_rules, resolve
from .language_server import GraphperfServer
from .shown import Shown
from .views import ModelView

_QUICK, _SOURCE = types.CodeActionKind.QuickFix, types.CodeActionKind.Source


def add_code_actions(server: GraphperfServer) -> None:
    """Offers what can be done about the lines of a range."""
    options = types.CodeActionOptions(code_action_kinds=[_QUICK, _SOURCE, FIX_ALL], resolve_provider=True)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(code_actions)
    server.feature(types.CODE_ACTION_RESOLVE)(resolve)


def code_actions(ls: GraphperfServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The actions for the lines of the range, of the kinds that the client wants."""
    session = ls.sessions.get(params.text_document.uri)
    if session is None:
        return []
    lines = range(params.range.start.line + 1, params.range.end.line + 2)
    shown = params.context.diagnostics
    found = [
        *fixes_of_rules(ls, session, lines, shown),
        *_pins(ls, session, lines),
        *_removals(ls, session, lines, shown),
        *_ignores(ls, session, lines, shown),
        *fix_all(ls, session, params.context.only or ()),
    ]
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
            edit = insertion(ls, session, line, len(text.rstrip()), f" {pin.text}")
        else:
            indent = text[: len(text) - len(text.lstrip())]
            edit = insertion(ls, session, line, 0, f"{indent}{pin.text}{session.end_of_lines}")
        title = "Pin the assumed input" if "input=" in pin.text else "Pin the assumed arguments"
        yield types.CodeAction(title, _QUICK, is_preferred=True, edit=workspace_edit(ls, session, [edit]))


def _begins_in(session: Shown, view: ModelView, lines: range) -> bool:
    places = (session.line_now(view, line) for line in (view.class_line, view.forward_line))
    return any(place in lines for place in places if place is not None)


def _ignores(
    ls: GraphperfServer, session: Shown, lines: range, shown: Sequence[types.Diagnostic]
) -> Iterator[types.CodeAction]:
    """For each finding on a line of the range. A comment is no comment after a backslash."""
    for line, code in dict.fromkeys((line, mark.finding.code) for line, mark in session.marks() if line in lines):
        text = session.lines[line - 1]
        if text.rstrip().endswith("\\") or not session.views.readable or code == UNUSED:
            continue
        edit = replacement(ls, session, line, with_suppression(text, code))
        title = f"Ignore {code} on this line"
        yield types.CodeAction(
            title, _QUICK, diagnostics=about(shown, line, code), edit=workspace_edit(ls, session, [edit])
        )


def _removals(
    ls: GraphperfServer, session: Shown, lines: range, shown: Sequence[types.Diagnostic]
) -> Iterator[types.CodeAction]:
    """For each comment on a line of the range that silences nothing."""
    for line, mark in session.marks():
        if mark.finding.code == UNUSED and line in lines:
            codes = session.views.judgement.unused.get(mark.line, [])
            edit = replacement(ls, session, line, without_suppression(session.lines[line - 1], codes))
            title = (
                "Remove the comment that silences nothing" if EVERY in codes else f"No longer ignore {', '.join(codes)}"
            )
            diagnostics = about(shown, line, UNUSED)
            yield types.CodeAction(
                title, _QUICK, diagnostics, is_preferred=True, edit=workspace_edit(ls, session, [edit])
            )


def _reports(session: Shown, lines: range) -> Iterator[types.CodeAction]:
    """For each model of which a line is in the range."""
    for view in session.views.models:
        known = (session.line_now(view, line) for line in (view.class_line, view.forward_line, *view.summaries))
        if any(line in lines for line in known if line is not None):
            command = types.Command("Open report", OPEN_REPORT, arguments=[session.uri, view.name])
            title = "Open report" if len(session.views.models) == 1 else f"Open report of {view.name}"
            yield types.CodeAction(title, _SOURCE, command=command)
