import ast
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec

from graphperf.server.documents import Document, Documents, content_span, lines_with_ends, path_of


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("a", ("a",)),
        ("a\n", ("a\n",)),
        ("a\r\nb\rc\n\nd", ("a\r\n", "b\r", "c\n", "\n", "d")),
        ("a\x0cb\n\u2028c\x85\x1c", ("a\x0cb\n", "\u2028c\x85\x1c")),
    ],
)
def test_lines_end_as_the_protocol_says(text, lines):
    assert lines_with_ends(text) == lines
    assert "".join(lines) == text


def test_lines_agree_with_python():
    text = "x = 1\n\x0c\ny = '\u2028'\r\nz = 2\n"
    assert [node.lineno for node in ast.parse(text).body] == [1, 3, 4]
    assert [n for n, line in enumerate(lines_with_ends(text), 1) if "=" in line] == [1, 3, 4]


@pytest.mark.parametrize(("encoding", "start", "end"), [("utf-8", 2, 12), ("utf-16", 2, 9), ("utf-32", 2, 8)])
def test_spans_in_the_units_of_the_client(encoding, start, end):
    assert content_span("  é = 𐍈y ", PositionCodec(encoding)) == (start, end)


def test_the_span_of_a_blank_line_is_empty():
    assert content_span("   ", PositionCodec("utf-16")) == (0, 0)


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 9), ("utf-16", 7), ("utf-32", 6)])
def test_an_edit_after_a_form_feed_and_a_wide_character(encoding, column):
    document = Document("file:///m.py", "\x0c\na = '𐍈'\nb\n", position_codec=PositionCodec(encoding))
    place = types.Position(1, column)
    document.apply_change(types.TextDocumentContentChangePartial(range=types.Range(place, place), text="é"))
    assert document.source == "\x0c\na = '𐍈é'\nb\n"


def test_an_edit_at_the_end():
    document = Document("file:///m.py", "a\n")
    place = types.Position(1, 0)
    document.apply_change(types.TextDocumentContentChangePartial(range=types.Range(place, place), text="b"))
    assert document.source == "a\nb"


def test_the_workspace_makes_such_documents():
    documents = Documents(None, position_encoding=types.PositionEncodingKind.Utf8)
    documents.put_text_document(types.TextDocumentItem("file:///m.py", "python", 1, "a\x0cb"))
    document = documents.get_text_document("file:///m.py")
    assert isinstance(document, Document)
    assert document.position_codec.encoding == types.PositionEncodingKind.Utf8


def test_only_files_have_a_path():
    assert path_of("file:///a%20b/m.py") == Path("/a b/m.py")
    assert path_of("untitled:Untitled-1") is None
    assert path_of("vscode-notebook-cell:/a.ipynb#W0") is None
