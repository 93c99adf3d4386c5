"""Texts as editors send them: half typed, with signs that count double, with what no Python file may have."""

import pytest
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="session")

TWO = """\
from torch import nn


# graphperf: input=(1, 8)
class First(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(8, 16)

    def forward(self, x):
        return self.one(x)


# graphperf: input=(1, 8)
class Second(nn.Module):
    def __init__(self):
        super().__init__()
        self.two = nn.Linear(8, 32)

    def forward(self, y):
        return self.two(y)
"""
ONE = "self.one = nn.Linear(8, 16)"


async def test_half_typed_code_keeps_what_is_known_of_the_other_class(editor, tmp_path):
    uri = editor.open(tmp_path / "two.py", TWO)
    await editor.diagnosed(uri)
    known = await editor.hints(uri)
    version = editor.replace(uri, "self.two = nn.Linear(8, 32)", "self.two = nn.Linear(8,")
    found = await editor.diagnosed(uri, version)
    assert [finding.message for finding in found if finding.code == "GP901"] == ["syntax error: '(' was never closed"]
    kept = await editor.hints(uri)
    assert {line: kept[line] for line in (ONE, "return self.one(x)")} == {
        line: known[line] for line in (ONE, "return self.one(x)")
    }
    assert list(await editor.lenses(uri)) == ["class First(nn.Module):", "class Second(nn.Module):"]
    version = editor.replace(uri, "nn.Linear(8,\n", "nn.Linear(8, 64)\n")
    assert "GP901" not in [finding.code for finding in await editor.diagnosed(uri, version)]
    assert (await editor.hints(uri))["self.two = nn.Linear(8, 64)"].startswith("1×64")


async def test_signs_that_count_double_before_the_line(editor, tmp_path):
    text = TWO.replace("from torch", "FACES = '😀😀\u2028'  # 😀\nfrom torch").replace(ONE, f"{ONE}; 'é😀'")
    uri = editor.open(tmp_path / "faces.py", text)
    await editor.diagnosed(uri)
    assert (await editor.hints(uri))[f"{ONE}; 'é😀'"].startswith("1×16")


async def test_a_byte_order_mark(editor, tmp_path):
    uri = editor.open(tmp_path / "mark.py", "\ufeff" + TWO)
    await editor.diagnosed(uri)
    assert (await editor.hints(uri))[ONE].startswith("1×16")


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
async def test_other_ends_of_lines(editor, tmp_path, ending):
    uri = editor.open(tmp_path / "ends.py", TWO.replace("\n", ending))
    await editor.diagnosed(uri)
    editor.texts[uri] = TWO
    assert (await editor.hints(uri))[ONE].startswith("1×16")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("\n\n# graphperf", "\n\0\n# graphperf", 2, "syntax error: there is a NUL character"),
        ("from torch", "%matplotlib inline\nfrom torch", 0, "syntax error: '%matplotlib inline' is a command"),
        ("from torch", "x = '\ud800'\nfrom torch", 0, "cannot be parsed: "),
        ("from torch", f"x = {'-' * 100_000}1\nfrom torch", 0, "cannot be parsed: an expression"),
    ],
    ids=["nul", "magic", "surrogate", "deep"],
)
async def test_what_is_no_python_is_said_at_its_line(editor, tmp_path, old, new, line, message):
    uri = _opened(editor, tmp_path / "odd.py", TWO.replace(old, new, 1))
    (finding,) = await editor.diagnosed(uri)
    assert finding.message.startswith(message)
    assert finding.range.start.line == line


async def test_a_file_that_is_not_on_disk_yet(editor, tmp_path):
    uri = _opened(editor, tmp_path / "gone" / "model.py", TWO)
    await editor.diagnosed(uri)
    assert (await editor.hints(uri))[ONE].startswith("1×16")


async def test_of_two_classes_with_one_name_the_one_that_runs(editor, tmp_path):
    first, second = (part.replace("Second", "First") for part in TWO.split("\n\n\n# graphperf: input=(1, 8)\n")[1:])
    text = "from torch import nn\n\n\n# graphperf: input=(1, 8)\n" + f"{first}\n\n\n# graphperf: input=(1, 8)\n{second}"
    uri = editor.open(tmp_path / "twice.py", text.replace("class First(nn.Module):", "class First(nn.Module):  # 1", 1))
    await editor.diagnosed(uri)
    hints = await editor.hints(uri)
    assert hints["self.two = nn.Linear(8, 32)"].startswith("1×32")
    assert ONE not in hints
    assert list(await editor.lenses(uri)) == ["class First(nn.Module):"]


async def test_of_two_branches_the_one_that_holds(editor, tmp_path):
    branches = "\n".join(
        f"    # graphperf: input=(1, 8)\n    class Net(nn.Module):  # {width}\n        def __init__(self):\n"
        f"            super().__init__()\n            self.fc = nn.Linear(8, {width})\n"
        f"        def forward(self, x): return self.fc(x)\n{'else:' if width == 16 else ''}"
        for width in (16, 32)
    )
    uri = editor.open(tmp_path / "branches.py", f"from torch import nn\nif nn is not None:\n{branches}")
    await editor.diagnosed(uri)
    assert (await editor.hints(uri))["self.fc = nn.Linear(8, 16)"].startswith("1×16")
    assert list(await editor.lenses(uri)) == ["    class Net(nn.Module):  # 16"]


def _opened(editor, path, text):
    """Opens a document that is not written to the disk."""
    uri = path.as_uri()
    editor.texts[uri], editor.versions[uri] = text, 1
    document = types.TextDocumentItem(uri, types.LanguageKind.Python, 1, text)
    editor.text_document_did_open(types.DidOpenTextDocumentParams(document))
    return uri
