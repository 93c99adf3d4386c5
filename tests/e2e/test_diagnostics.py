"""What the real server reports of models that cost much or cannot be captured."""

import re

import pytest
from lsprotocol import types

from .models import COSTLY, FAILING, IMPORTING

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_syntax_error_keeps_the_hints(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    before = [finding.message for finding in await editor.diagnosed(uri)]
    old = await editor.hints(uri)
    found = await editor.diagnosed(uri, editor.replace(uri, "x = self.layer2(x)", "x = self.layer2(x))"))
    finding, *others = sorted(found, key=lambda finding: finding.code != "GP901")
    assert [other.message for other in others] == before
    assert (finding.code, finding.source) == ("GP901", "graphperf")
    assert finding.message.startswith("syntax error: ")
    assert finding.severity == types.DiagnosticSeverity.Warning
    number = editor.line(uri, "x = self.layer2(x))")
    assert finding.range == types.Range(types.Position(number, 8), types.Position(number, 27))
    kept = await editor.hints(uri)
    assert {line: kept[line] for line in old if line in kept} | {"x = self.layer2(x)": old["x = self.layer2(x)"]} == old
    (lens,) = (await editor.lenses(uri)).values()
    assert " · of the last text that ran | " in lens.command.title
    assert (await editor.hover(uri, "x = self.layer1(x)")).endswith("  \nof the last text that ran")
    again = await editor.diagnosed(uri, editor.replace(uri, "x = self.layer2(x))", "x = self.layer2(x)"))
    assert [finding.message for finding in again] == before
    (lens,) = (await editor.lenses(uri)).values()
    assert "of the last text" not in lens.command.title
    assert await editor.hints(uri) == old


async def test_a_forward_that_raises_is_shown_at_its_line(editor, tmp_path):
    uri = editor.open(tmp_path / "head.py", FAILING)
    (finding,) = await editor.diagnosed(uri)
    assert finding.code == "GP901"
    assert finding.message.startswith("forward() raised at line 12: RuntimeError: ")
    assert finding.range.start == types.Position(11, 8)
    assert await editor.hints(uri) == {}
    assert "GP901 capture-failed" in await editor.hover(uri, "return self.second(x)")
    found = await editor.diagnosed(uri, editor.replace(uri, "nn.Linear(128, 10)", "nn.Linear(256, 10)"))
    assert "GP901" not in [finding.code for finding in found]
    assert (await editor.hints(uri))["self.second = nn.Linear(256, 10)"].startswith("1×10")


async def test_a_problem_in_an_imported_file_is_shown_at_the_import(editor, tmp_path):
    blocks = tmp_path / "blocks.py"
    blocks.write_text("raise KeyError(2)\n")
    uri = editor.open(tmp_path / "net.py", IMPORTING)
    (finding,) = await editor.diagnosed(uri)
    assert finding.message == "importing the file failed: KeyError: 2"
    assert finding.range.start.line == editor.line(uri, "import blocks")
    blocks.write_text("from torch.nn import ReLU as Block\n")
    editor.save(uri)
    assert "GP901" not in [finding.code for finding in await editor.diagnosed(uri, 1, 2)]
    assert (await editor.hints(uri))["return self.block(x)"].startswith("1×8")


async def test_the_rules_report_costly_layers(editor, tmp_path):
    uri = editor.open(tmp_path / "costly.py", COSTLY)
    found = {(d.code, d.range.start.line): d for d in await editor.diagnosed(uri)}
    big = found["GP101", editor.line(uri, "self.big = nn.ReLU()")]
    assert "memory-bound on NVIDIA H100" in big.message
    assert big.severity == types.DiagnosticSeverity.Warning
    deep = found["GP203", editor.line(uri, "self.deep = nn.Conv2d(512, 512, 3, padding=1)")]
    assert re.match(r"deep \(conv\w*\): fills \d+ of 96 cores", deep.message)
    assert deep.severity == types.DiagnosticSeverity.Information
    lenses = await editor.lenses(uri)
    assert list(lenses) == ["class Costly(nn.Module):", "class Narrow(nn.Module):"]
    assert re.search(r" \| \d hints?$", lenses["class Costly(nn.Module):"].command.title)
    assert "GP101 memory-bound-layer" in await editor.hover(uri, "self.big = nn.ReLU()")


async def test_a_closed_file_has_no_diagnostics(editor, tmp_path):
    uri = editor.open(tmp_path / "head.py", FAILING)
    assert await editor.diagnosed(uri) != []
    editor.close(uri)
    assert await editor.diagnosed(uri, 1, 2) == []


async def test_a_file_that_is_no_model_stays_quiet(editor, tmp_path):
    uri = editor.open(tmp_path / "broken.py", "def f(:\n")
    assert await editor.diagnosed(uri) == []
    assert await editor.hints(uri) == {}
