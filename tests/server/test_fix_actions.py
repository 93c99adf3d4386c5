"""The fixes of rules as code actions: from what is worked out, of the text that the client has."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec

from graphperf.analysis.finding import Figures, Finding, Gain
from graphperf.analysis.fixes import Edit, edited
from graphperf.server import fixes as module
from graphperf.server.client_options import ClientOptions
from graphperf.server.code_actions import code_actions
from graphperf.server.fix_actions import fix_all, fixes_of_rules, resolve
from graphperf.server.fixes import MOST, MOST_LINES, Fixes, QuickFix, only_moved
from graphperf.server.judgement import Judgement
from graphperf.server.notebook import CellText, Notebook
from graphperf.server.session import Session
from graphperf.server.settings import Settings
from graphperf.server.views import Mark, ModelView, Views

URI = "file:///m.py"
TEXT = "import torch\n\nclass Net:\n    a = 'é𐍈'; b = soft(a)\n    # more\n    c = b\n"
EDITS = (Edit(4, 15, 4, 22, "F.soft(a)\n"), Edit(2, 1, 2, 1, "import F\n"), Edit(6, 1, 7, 1, ""))
AFTER = edited(TEXT, EDITS)
SAFE = QuickFix("Use soft: EDP −9 %", EDITS, safe=True)
RESOLVING = "text_document.code_action.resolve_support.properties"


def gain(saved):
    return Gain(Figures(1, 1, 1), Figures(1, 1 - saved, 1))


def finding(line=4, code="GP402", **given):
    return Finding(code, "wrong", "/m.py", line, "warning", "/m.py::Net", **given)


def session_with(*findings, text=TEXT):
    result = SimpleNamespace(target="/m.py::Net", graph=SimpleNamespace(contains=()), options=None)
    marks = tuple(Mark(each, each.line) for each in findings)
    view = ModelView("Net", result, text, 3, None, {}, {}, marks)  # pyright: ignore[reportArgumentType]
    session = Session(URI, Path("/m.py"), text, 3)
    session.renew(Views(text, (view,), judgement=Judgement(findings)))
    return session


def server(session, encoding="utf-16", resolves=True) -> Any:
    sessions = SimpleNamespace(get={URI: session}.get)
    return SimpleNamespace(
        sessions=sessions,
        settings=SimpleNamespace(of=lambda _: Settings()),
        client_can={"workspace.workspace_edit.document_changes"}.__contains__,
        client_list=lambda name: ["edit"] if resolves and name == RESOLVING else [],
        client_options=ClientOptions(),
        workspace=SimpleNamespace(position_codec=PositionCodec(encoding)),
        window_show_message=lambda params: setattr(sessions, "said", params.message),
    )


def asked(ls, line=4, only=("quickfix",), diagnostics=()):
    inside = types.Range(types.Position(line - 1, 0), types.Position(line - 1, 0))
    context = types.CodeActionContext(list(diagnostics), only=list(only))
    found = code_actions(ls, types.CodeActionParams(types.TextDocumentIdentifier(URI), inside, context))
    return [action for action in found if not action.title.startswith("Ignore")]


def applied(text, action, version=3, encoding="utf-16"):
    """The text after an action, read as a client in this encoding does."""
    (change,) = action.edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (URI, version)
    lines, codec = text.splitlines(keepends=True), PositionCodec(encoding)

    def place(position):
        if position.line == len(lines):
            return len(lines) + 1, 1
        found = codec.position_from_client_units(lines, position)
        return found.line + 1, found.character + 1

    edits = [Edit(*place(e.range.start), *place(e.range.end), e.new_text.replace("\r\n", "\n")) for e in change.edits]
    return edited(text, edits)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_fix_that_is_worked_out_has_its_edits(encoding, end):
    text = TEXT.replace("\n", end)
    session = session_with(finding(), text=text)
    session.fixes.put(("GP402", 4), SAFE)
    place = types.Range(types.Position(3, 4), types.Position(3, 9))
    shown = [types.Diagnostic(place, "wrong", code=code) for code in ("GP402", "GP101")]
    (action,) = asked(server(session, encoding), diagnostics=shown)
    assert (action.title, action.is_preferred, action.diagnostics) == (SAFE.title, True, shown[:1])
    assert applied(text, action, encoding=encoding) == AFTER.replace("\n", end)
    assert asked(server(session), line=6) == []


def test_only_one_safe_fix_is_preferred_and_equal_ones_are_offered_once():
    session = session_with(finding(), finding(code="GP404"), finding(code="GP411"))
    session.fixes.put(("GP402", 4), SAFE)
    session.fixes.put(("GP404", 4), SAFE)
    session.fixes.put(("GP411", 4), None)
    assert [action.is_preferred for action in asked(server(session))] == [True]
    session.fixes.put(("GP404", 4), QuickFix("Use gelu", EDITS[:1], safe=False))
    assert [action.is_preferred for action in asked(server(session))] == [True, None]
    session.fixes.put(("GP404", 4), QuickFix("Use gelu", EDITS[:1], safe=True))
    assert [action.is_preferred for action in asked(server(session))] == [None, None]


@pytest.mark.parametrize(
    ("old", "new", "line"), [("import torch\n", "# note\n\nimport torch\n", 6), ("    # more\n", "    # more\n\n", 4)]
)
def test_edits_move_with_their_lines(old, new, line):
    session = session_with(finding())
    session.fixes.put(("GP402", 4), SAFE)
    session.edit(TEXT.replace(old, new), 4)
    (action,) = asked(server(session), line=line)
    assert applied(session.text, action, 4) == AFTER.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [("c = b", "c = b + a"), ("soft(a)", "soft(b)"), ("import torch\n", "import torch, math\n"), ("    # more\n", "    d = a\n")],
)  # fmt: skip
def test_another_text_gets_no_edits(old, new):
    session = session_with(finding())
    session.fixes.put(("GP402", 4), SAFE)
    session.edit(TEXT.replace(old, new), 4)
    assert asked(server(session)) == []


def test_a_comment_that_an_edit_would_replace_is_as_it_was():
    edits = (Edit(4, 1, 6, 1, "    # more\n"),)
    session = session_with(finding())
    session.fixes.put(("GP402", 4), QuickFix("Use soft", edits, safe=True))
    session.edit(TEXT.replace("# more", "# more words"), 4)
    assert asked(server(session)) == []


async def test_the_edit_of_the_rest_is_worked_out_when_it_is_asked_for():
    session = session_with(finding())
    ls = server(session)
    (action,) = asked(ls)
    assert (action.title, action.edit) == ("Fix GP402 (manual-attention)", None)
    assert asked(server(session, resolves=False)) == []
    places = []

    async def work_out(shown, place, settings):
        places.append((shown.uri, place))
        return SAFE

    ls.sessions.work_out = work_out
    assert applied(TEXT, await resolve(ls, action)) == AFTER
    assert places == [(URI, ("GP402", 4))]


@pytest.mark.parametrize("when", ["before", "meanwhile"])
async def test_an_action_on_an_older_text_gets_no_edit(when):
    session = session_with(finding())
    ls = server(session)
    (action,) = asked(ls)

    async def work_out(*_):
        session.edit(f"{TEXT}\n", 4)
        return SAFE

    ls.sessions.work_out = work_out
    if when == "before":
        session.edit(f"{TEXT}\n", 4)
    assert (await resolve(ls, action)).edit is None


async def test_what_does_not_pay_is_said_and_not_offered_again():
    session = session_with(finding())
    ls = server(session)
    (action,) = asked(ls)

    async def work_out(shown, place, settings):
        shown.fixes.put(place, None)

    ls.sessions.work_out = work_out
    assert (await resolve(ls, action)).edit is None
    assert "no edit is predicted to save anything" in ls.sessions.said
    assert asked(ls) == asked(ls, only=["source.fixAll"]) == []


@pytest.mark.parametrize(
    ("only", "count"),
    [(["source"], 1), (["source.fixAll"], 1), (["source.fixAll.graphperf"], 1), (["source.organizeImports"], 0)],
)  # fmt: skip
async def test_every_safe_fix_of_a_file(only, count):
    session = session_with(finding())
    ls = server(session)
    found = asked(ls, line=1, only=only)
    assert [action.kind for action in found] == ["source.fixAll.graphperf"] * count

    async def work_out_all(*_):
        await asyncio.sleep(0)
        return EDITS

    ls.sessions.work_out_all = work_out_all
    for action in found:
        assert applied(TEXT, await resolve(ls, action)) == AFTER


def test_the_most_valuable_come_first_and_not_all_of_them():
    lines = range(1, MOST + 4)
    fixes = Fixes([finding(line, gain=gain(line / 100)) for line in lines] + [finding(99, share=0.5)])
    order = []
    while (place := fixes.next()) is not None:
        order.append(place[1])
        fixes.put(place, None)
    assert order == [99, *sorted(lines, reverse=True)[: MOST - 1]]
    assert fixes.promising
    assert Fixes([finding()], "\n" * MOST_LINES).next() is None


def test_without_what_edits_python_there_are_no_fixes(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    module.can_fix.cache_clear()
    session = session_with(finding())
    module.can_fix.cache_clear()
    assert asked(server(session)) == asked(server(session), only=["source.fixAll"]) == []


def test_what_is_found_as_before_is_fixed_as_before():
    session = session_with(finding())
    session.fixes.put(("GP402", 4), SAFE)
    session.renew(session_with(finding()).views)
    assert session.fixes.get(("GP402", 4)) == SAFE
    session.renew(session_with(finding(share=0.3)).views)
    assert session.fixes.get(("GP402", 4)) is None


@pytest.mark.parametrize(
    ("new", "same"),
    [(TEXT, True), (f"# é\n\n{TEXT}", True), (TEXT.replace("    # more\n", ""), True), (TEXT.replace("soft", "hard"), False),
     (TEXT.replace("soft(a)", "soft(a)  # graphperf: ignore"), False)],
)  # fmt: skip
def test_texts_that_have_only_moved(new, same):
    assert only_moved(TEXT, new) is same


def test_a_fix_of_one_cell_of_a_notebook():
    cells = [CellText(f"cell:{number}", text, number) for number, text in enumerate(("import torch\n", TEXT))]
    session = Notebook("file:///n.ipynb", Path("/n.ipynb"), cells, 1)
    mark = Mark(finding(6), 6)
    session.renew(Views(session.text, problems=(mark,), judgement=Judgement((mark.finding,))))
    inside, across = Edit(6, 15, 6, 22, "F.soft(a)"), Edit(1, 1, 1, 1, "import F\n")
    found = []
    for edits in ((inside,), (inside, across)):
        session.fixes.put(("GP402", 6), QuickFix("Use soft", edits, safe=True))
        ls = server(session.parts[1])
        found.append(fixes_of_rules(ls, session.parts[1], range(4, 5), []))
        assert list(fix_all(ls, session.parts[1], ["source.fixAll"])) == []
    ((action,), nothing) = found
    (change,) = list(action.edit.document_changes)
    assert (change.text_document.uri, change.text_document.version) == ("cell:1", 1)
    assert [(edit.range.start.line, edit.new_text) for edit in change.edits] == [(3, "F.soft(a)")]
    assert nothing == []
