"""The edits of code actions, in the client's units."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec

from graphperf.analysis.finding import Finding
from graphperf.analysis.report.pin import Pin
from graphperf.server.client_options import ClientOptions
from graphperf.server.code_actions import code_actions
from graphperf.server.judgement import Judgement
from graphperf.server.session import Session
from graphperf.server.views import Mark, ModelView, Views

URI = "file:///m.py"
TEXT = "import torch\n\n    # 𐍈\n    class Net:\n        a = 'é𐍈'  # 𐍈\n        def forward(self): b\n"
LAYER = "        a = 'é𐍈'  # 𐍈"


def server(*sessions, encoding="utf-16", can=(), commands=False) -> Any:
    held = {session.uri: session for session in sessions}
    return SimpleNamespace(
        sessions=held,
        client_can=set(can).__contains__,
        client_options=ClientOptions(client_commands=commands),
        workspace=SimpleNamespace(position_codec=PositionCodec(encoding)),
    )


def session_with(pin=None, codes=("GP101",), text=TEXT, at=5):
    result = SimpleNamespace(target="/m.py::Net", graph=SimpleNamespace(contains=()), options=None)
    marks = tuple(Mark(Finding(code, "wrong", "/m.py", at, "warning", "/m.py::Net"), at) for code in codes)
    session = Session(URI, Path("/m.py"), text, 3)
    view = ModelView("Net", result, text, 4, 6, {}, {5: "sum"}, marks, pin)  # pyright: ignore[reportArgumentType]
    session.renew(Views(text, (view,)))
    return session


def asked(ls, first, last=None, only=None, diagnostics=()):
    inside = types.Range(types.Position(first, 0), types.Position(first if last is None else last, 0))
    context = types.CodeActionContext(list(diagnostics), only=only)
    return code_actions(ls, types.CodeActionParams(types.TextDocumentIdentifier(URI), inside, context))


def edited(text, action, encoding="utf-16"):
    """The text after an action, read as a client in this encoding does."""
    (edit,) = action.edit.changes[URI]
    codec = PositionCodec(encoding)
    lines = text.splitlines(keepends=True)
    start, end = (codec.position_from_client_units(lines, place) for place in (edit.range.start, edit.range.end))
    assert start.line == end.line
    line = lines[start.line]
    lines[start.line] = line[: start.character] + edit.new_text + line[end.character :]
    return "".join(lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_silencing_a_finding(encoding):
    ls = server(session_with(), encoding=encoding)
    (action,) = asked(ls, 4)
    assert (action.title, action.kind, action.is_preferred) == ("Ignore GP101 on this line", "quickfix", None)
    assert edited(TEXT, action, encoding) == TEXT.replace(LAYER, f"{LAYER}  # graphperf: ignore[GP101]")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_code_more_in_a_comment(encoding):
    text = TEXT.replace(LAYER, f"{LAYER} # graphperf: ignore[GP203] 𐍈")
    (action,) = asked(server(session_with(text=text), encoding=encoding), 4)
    assert edited(text, action, encoding) == text.replace("[GP203]", "[GP101, GP203]")


def test_actions_name_the_diagnostics_that_they_are_about():
    place = types.Range(types.Position(4, 8), types.Position(4, 9))
    shown = [types.Diagnostic(place, "wrong", code=code) for code in ("GP101", "GP203")]
    (action,) = asked(server(session_with()), 4, diagnostics=shown)
    assert action.diagnostics == shown[:1]


def test_no_comment_after_a_backslash():
    text = TEXT.replace(LAYER, "        a = \\")
    assert asked(server(session_with(text=text)), 4) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_new_directive(encoding, end):
    text = TEXT.replace("\n", end)
    ls = server(session_with(Pin(4, "# graphperf: input=(1, 2)"), (), text), encoding=encoding)
    (action,) = asked(ls, 3)
    assert (action.title, action.kind, action.is_preferred) == ("Pin the assumed input", "quickfix", True)
    assert edited(text, action, encoding) == text.replace("    class", f"    # graphperf: input=(1, 2){end}    class")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_more_of_a_directive(encoding):
    (action,) = asked(server(session_with(Pin(3, "init=(n=1)", extends=True), ()), encoding=encoding), 5)
    assert action.title == "Pin the assumed arguments"
    assert edited(TEXT, action, encoding) == TEXT.replace("    # 𐍈\n", "    # 𐍈 init=(n=1)\n", 1)


def test_edits_after_edits_of_the_text():
    session = session_with(Pin(4, "# graphperf: input=(1, 2)"))
    newer = TEXT.replace("import torch\n", "import math\nimport torch\n")
    session.edit(newer, 4)
    pin, ignore = asked(server(session), 4, 5)
    assert "(1, 2)\n    class Net" in edited(newer, pin)
    assert f"{LAYER}  # graphperf" in edited(newer, ignore)


def test_only_what_the_range_touches():
    ls = server(session_with(Pin(4, "# graphperf: input=(1, 2)")), commands=True)
    titles = {n: [action.title for action in asked(ls, n)] for n in range(6)}
    assert titles == {
        0: [],
        1: [],
        2: [],
        3: ["Pin the assumed input", "Open report"],
        4: ["Ignore GP101 on this line", "Open report"],
        5: ["Pin the assumed input", "Open report"],
    }
    assert len(asked(ls, 0, 5)) == 3


@pytest.mark.parametrize(
    ("only", "count"), [(None, 3), ([""], 3), (["quickfix"], 2), (["source"], 1), (["refactor"], 0), ([], 0)]
)
def test_only_the_wanted_kinds(only, count):
    ls = server(session_with(Pin(4, "# graphperf: input=(1, 2)")), commands=True)
    assert len(asked(ls, 0, 5, only)) == count


def test_the_report_is_a_command_of_the_client():
    (action,) = asked(server(session_with(codes=()), commands=True), 4)
    assert action.command == types.Command("Open report", "graphperf.openReport", arguments=[URI, "Net"])
    assert asked(server(session_with(codes=())), 4) == []


def test_versioned_edits_for_clients_that_can():
    ls = server(session_with(), can=["workspace.workspace_edit.document_changes"])
    (action,) = asked(ls, 4)
    assert action.edit is not None
    assert action.edit.changes is None
    (change,) = list(action.edit.document_changes or ())
    assert isinstance(change, types.TextDocumentEdit)
    assert (change.text_document.uri, change.text_document.version) == (URI, 3)


def test_documents_that_are_not_open():
    assert asked(server(), 0, 9) == []


@pytest.mark.parametrize(
    ("comment", "codes", "title", "left"),
    [
        ("  # graphperf: ignore[GP101, GP203]", ["GP203"], "No longer ignore GP203", "  # graphperf: ignore[GP101]"),
        ("  # graphperf: ignore", ["*"], "Remove the comment that silences nothing", ""),
        ("  # noqa: GP203", ["GP203"], "No longer ignore GP203", ""),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_comment_that_silences_nothing_can_be_removed(comment, codes, title, left, encoding):
    text = TEXT.replace(LAYER, f"        a = 'é𐍈'{comment}")
    session = Session(URI, Path("/m.py"), text, 3)
    mark = Mark(Finding("GP904", "idle", "/m.py", 5, "warning", "/m.py"), 5)
    session.renew(Views(text, problems=(mark,), judgement=Judgement((mark.finding,), {5: codes})))
    (action,) = asked(server(session, encoding=encoding), 4)
    assert (action.title, action.is_preferred) == (title, True)
    assert edited(text, action, encoding) == text.replace(comment, left)
