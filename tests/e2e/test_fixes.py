"""Fixes of rules, budgets and suppressions in the editor: what is offered, and what applying it changes."""

import asyncio
import re

import pytest
from lsprotocol import types

from .models import ATTENTION, COSTLY

pytestmark = pytest.mark.slow

SOFTMAX = "attn = attn.softmax(dim=-1)"
CALL = "F.scaled_dot_product_attention("


async def worked_out(editor, uri, content, start, **context):
    """The action whose title starts so, once the server has it."""
    found = {}
    for _ in range(300):
        found = await editor.actions(uri, content, **context)
        title = next((title for title in found if title.startswith(start)), None)
        if title is not None:
            return found[title]
        await asyncio.sleep(0.1)
    raise AssertionError(list(found))


@pytest.mark.asyncio(loop_scope="session")
async def test_a_fix_says_what_it_saves_and_its_diagnostic_is_gone(editor, tmp_path):
    uri = editor.open(tmp_path / "attention.py", ATTENTION)
    (manual,) = [finding for finding in await editor.diagnosed(uri) if finding.code == "GP402"]
    assert manual.range.start.line == editor.line(uri, SOFTMAX)
    assert re.search(r"following GP402: latency −\d+ %.* EDP −\d+ %", await editor.hover(uri, SOFTMAX))
    fix = await worked_out(editor, uri, SOFTMAX, "Use scaled_dot_product_attention", diagnostics=[manual])
    assert re.search(r": latency −\d+ %, energy −\d+ %, EDP −[1-9]\d* %", fix.title)
    assert (fix.kind, fix.is_preferred, [d.code for d in fix.diagnostics]) == ("quickfix", True, ["GP402"])
    found = await editor.diagnosed(uri, editor.apply(uri, fix))
    assert CALL in editor.texts[uri]
    assert not {"GP402", "GP901"} & {finding.code for finding in found}


@pytest.mark.asyncio(loop_scope="session")
async def test_the_edit_is_worked_out_when_it_is_asked_for(editor, tmp_path):
    uri = editor.open(tmp_path / "attention.py", ATTENTION)
    await editor.diagnosed(uri)
    (every,) = (await editor.actions(uri, SOFTMAX, "source.fixAll")).values()
    assert (every.kind, every.edit) == ("source.fixAll.graphperf", None)
    version = editor.replace(uri, "import torch\n", "import torch\n\n\n# more\n")
    assert (await editor.code_action_resolve_async(every)).edit is None, "the text has changed since"
    await editor.diagnosed(uri, version)
    (every,) = (await editor.actions(uri, SOFTMAX, "source.fixAll")).values()
    found = await editor.diagnosed(uri, editor.apply(uri, await editor.code_action_resolve_async(every)))
    assert CALL in editor.texts[uri]
    assert "GP402" not in [finding.code for finding in found]
    assert await editor.actions(uri, "import torch", "source.fixAll") == {}


@pytest.mark.asyncio(loop_scope="session")
async def test_a_comment_that_silences_nothing_can_be_removed(editor, tmp_path):
    text = COSTLY.replace("nn.ReLU()", "nn.ReLU()  # graphperf: ignore[GP101, GP402]")
    uri = editor.open(tmp_path / "costly.py", text)
    line = "self.big = nn.ReLU()  # graphperf: ignore[GP101, GP402]"
    (unused,) = [finding for finding in await editor.diagnosed(uri) if finding.code == "GP904"]
    assert (unused.range.start.line, unused.severity) == (editor.line(uri, line), types.DiagnosticSeverity.Warning)
    found = await editor.actions(uri, line, diagnostics=[unused])
    assert "Ignore GP904 on this line" not in found
    again = await editor.diagnosed(uri, editor.apply(uri, found["No longer ignore GP402"]))
    assert "nn.ReLU()  # graphperf: ignore[GP101]\n" in editor.texts[uri]
    assert "GP904" not in [finding.code for finding in again]


CRITERIA = """
[tool.graphperf.budgets]
"costly.py::Costly" = {latency = "100 µs"}
"costly.py::Narrow" = {latency = "1 s"}
[tool.graphperf.lint]
ignore = ["GP101"]
"""


async def test_the_projects_criteria_hold_in_the_editor(unconnected, capabilities, tmp_path):
    project = tmp_path / "pyproject.toml"
    project.write_text(CRITERIA, "utf-8")
    await unconnected.start(capabilities(watch=True), None, tmp_path)
    await unconnected.until(types.CLIENT_REGISTER_CAPABILITY, 2)
    uri = unconnected.open(tmp_path / "costly.py", COSTLY)
    found = await unconnected.diagnosed(uri)
    (exceeded,) = [finding for finding in found if finding.code == "GP701"]
    assert exceeded.range.start.line == unconnected.line(uri, "class Costly(nn.Module):")
    assert exceeded.severity == types.DiagnosticSeverity.Error
    assert "exceeds its budget of 100 µs" in exceeded.message
    assert "GP101" not in [finding.code for finding in found]
    project.write_text(CRITERIA.replace("100 µs", "100 ms@h101"), "utf-8")
    unconnected.changed_on_disk(project)
    assert not {"GP701", "GP101"} & {finding.code for finding in await unconnected.diagnosed(uri, 1, 2)}
    await unconnected.until("message")
    (message,) = [shown.message for shown in unconnected.messages]
    assert "h101" in message
