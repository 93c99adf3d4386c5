import ast
from pathlib import Path

import pytest

from graphperf.server.line_map import LineMap, Section
from graphperf.server.notebook import CellText, Notebook, python_of
from graphperf.server.views import Views

from .test_session import view

CELLS = ("%matplotlib inline\nimport torch", "", "class Net:\n    a = 1\n    b = 22\n", "%%bash\nls -l", "print(1)")


def cells(*texts):
    return [CellText(f"cell:{number}", text, number) for number, text in enumerate(texts)]


def notebook(*texts):
    return Notebook("file:///n.ipynb", Path("/n.ipynb"), cells(*texts), 1)


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    !pip install a", "if x:\n    pass"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("%%bash\nls -l", "\n"),
        ("x = (7\n% (2))", "x = (7\n% (2))"),
        ("x = (y\n     %z)", "x = (y\n     %z)"),
        ("x\r\ny", "x\ny"),
    ],
)
def test_commands_for_the_notebook_are_no_python(text, python):
    assert python_of(cells(text)) == python
    ast.parse(python)


def test_as_many_lines_as_the_cells_have():
    session = notebook(*CELLS)
    ast.parse(session.text)
    assert sum(len(part.lines) for part in session.parts) == len(session.lines) == 10


def test_each_cell_shows_its_own_lines():
    session = notebook(*CELLS)
    session.renew(
        Views(session.text, (view(text=session.text, hints={5: "a", 6: "b", 10: "p"}, summaries={5: "sum"}),))
    )
    assert {part.uri: dict(part.hints()) for part in session.parts if any(part.hints())} == {
        "cell:2": {2: "a", 3: "b"},
        "cell:4": {1: "p"},
    }
    found = session.parts[2].summary_at(2)
    assert found is not None
    assert found[1] == "sum"
    assert session.parts[4].summary_at(2) is None
    assert [part.lines[0] for part in session.parts] == ["%matplotlib inline", "", "class Net:", "%%bash", "print(1)"]


def test_cells_that_move_take_their_lines_along():
    session = notebook(*CELLS)
    session.renew(Views(session.text, (view(text=session.text, hints={5: "a", 6: "b"}),)))
    session.edit_cells(cells("import math", "# more", *CELLS), 2)
    assert [(part.uri, dict(part.hints())) for part in session.parts if any(part.hints())] == [
        ("cell:4", {2: "a", 3: "b"})
    ]
    assert (session.version, session.parts[4].version) == (2, 4)


def test_lines_are_named_as_counted_in_the_cell():
    net = notebook("import torch\n", *CELLS).parts[3]
    assert net.words("forward() raised at line 8: expected 3 lines") == "forward() raised at line 3: expected 3 lines"
    assert net.words("1×3 (the call on line 11, not on line 1)") == (
        "1×3 (the call on line 2 of a later cell, not on line 1 of an earlier cell)"
    )
    assert net.words("line 6 · relu at baseline 7") == "line 1 · relu at baseline 7"
    assert net.words("at line 99") == "at line 99"


def test_a_section_of_a_map():
    whole = LineMap(["a", "b", "c", "d"], ["new", "a", "b", "c", "d"])
    section = Section(whole, 3, 2)
    assert [section.new(line) for line in range(1, 5)] == [None, 1, 2, None]
    assert [section.old(line) for line in range(4)] == [None, 2, 3, None]
