"""The fixes of rules as code actions: answered from what is worked out, the rest when the client asks for its edit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lsprotocol import types

from ..analysis.rules import rule_for
from .captures import Superseded
from .edits import moved, workspace_edit
from .language_server import GraphperfServer
from .session import Session
from .shown import Shown

FIX_ALL = "source.fixAll.graphperf"
_QUICK = types.CodeActionKind.QuickFix


def fixes_of_rules(
    ls: GraphperfServer, session: Shown, lines: range, shown: Sequence[types.Diagnostic]
) -> list[types.CodeAction]:
    """For each finding on a line of the range that has a fix, or may have one: the only safe one is preferred."""
    places = dict.fromkeys((line, mark.finding.code, mark.line) for line, mark in session.marks() if line in lines)
    found: dict[str, types.CodeAction] = {}
    safe: list[types.CodeAction] = []
    for line, code, analysed in places:
        diagnostics = about(shown, line, code)
        fix = session.fixes.get((code, analysed))
        if fix is not None:
            edits = moved(ls, session, fix.edits)
            if edits is not None:
                action = types.CodeAction(fix.title, _QUICK, diagnostics, edit=workspace_edit(ls, session, edits))
                if found.setdefault(str(fix.edits), action) is action and fix.safe:
                    safe.append(action)
        elif session.fixes.is_open((code, analysed)) and _resolves(ls):
            data = {"uri": session.uri, "version": session.version, "code": code, "line": analysed}
            found[f"{code} {analysed}"] = types.CodeAction(_untold(code), _QUICK, diagnostics, data=data)
    if len(safe) == 1:
        safe[0].is_preferred = True
    return list(found.values())


def about(shown: Sequence[types.Diagnostic], line: int, code: str) -> list[types.Diagnostic] | None:
    """Those of the shown diagnostics that say this of a line."""
    return [d for d in shown if d.code == code and d.range.start.line == line - 1] or None


def fix_all(
    ls: GraphperfServer, session: Shown, wanted: Sequence[str | types.CodeActionKind]
) -> Iterator[types.CodeAction]:
    """All safe fixes of a file, for clients that want such actions and ask for their edits. Of notebooks there is none."""
    asked = any(str(getattr(kind, "value", kind)).startswith("source") for kind in wanted)
    if asked and isinstance(session, Session) and session.fixes.promising and _resolves(ls):
        data = {"uri": session.uri, "version": session.version}
        yield types.CodeAction("Apply every graphperf fix that keeps the outputs", FIX_ALL, data=data)


async def resolve(ls: GraphperfServer, action: types.CodeAction) -> types.CodeAction:
    """Works out the edit of an action; an action on a text that has changed since gets none."""
    data: Any = action.data
    session = ls.sessions.get(data["uri"]) if data else None
    if session is None or session.version != data["version"]:
        return action
    settings = ls.settings.of(session.path)
    try:
        if "code" in data:
            fix = await ls.sessions.work_out(session, (data["code"], int(data["line"])), settings)
            edits = fix.edits if fix is not None else ()
        else:
            edits = await ls.sessions.work_out_all(session, settings)
    except Superseded:
        return action
    found = ls.sessions.get(data["uri"])
    if found is None or found.version != data["version"]:
        return action
    changes = moved(ls, found, edits)
    if changes:
        action.edit = workspace_edit(ls, found, changes)
    else:
        words = f"{action.title}: no edit is predicted to save anything"
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, words))
    return action


def _resolves(ls: GraphperfServer) -> bool:
    return "edit" in ls.client_list("text_document.code_action.resolve_support.properties")


def _untold(code: str) -> str:
    """The title of a fix that is not worked out."""
    rule = rule_for(code)
    return f"Fix {code}{f' ({rule.name})' if rule is not None else ''}"
