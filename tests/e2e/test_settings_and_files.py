"""Settings of projects and of the editor, and files that change outside of it."""

import re

import pytest
from lsprotocol import types

from .models import COSTLY, IMPORTING

pytestmark = pytest.mark.slow

STEM = "self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)"
CLASS = "class ResNet(nn.Module):"
BIG = "self.big = nn.ReLU()"


async def test_a_project_that_changes(unconnected, capabilities, resnet, tmp_path):
    project = tmp_path / "pyproject.toml"
    project.write_text('[tool.graphperf]\nmode = "compiled"\n', "utf-8")
    await unconnected.start(capabilities(watch=True), {"mode": "ideal", "precision": "fp16"}, tmp_path)
    await unconnected.until(types.CLIENT_REGISTER_CAPABILITY, 2)
    uri = unconnected.open(tmp_path / "model.py", resnet)
    await unconnected.diagnosed(uri)
    assert " · fp16 · batch 1 · compiled | " in (await unconnected.lenses(uri))[CLASS].command.title
    project.write_text('[tool.graphperf]\nmode = "eager"\nbatch = 0\n', "utf-8")
    unconnected.changed_on_disk(project)
    await unconnected.diagnosed(uri, 1, 2)
    assert " · fp16 · batch 1 · eager | " in (await unconnected.lenses(uri))[CLASS].command.title
    await unconnected.until("message")
    assert "graphperf.batch cannot be used" in unconnected.messages[-1].message
    removed = types.WorkspaceFoldersChangeEvent(added=[], removed=[types.WorkspaceFolder(tmp_path.as_uri(), "project")])
    unconnected.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(removed))
    await unconnected.diagnosed(uri, 1, 3)
    assert " · fp16 · batch 1 · ideal | " in (await unconnected.lenses(uri))[CLASS].command.title


@pytest.mark.parametrize("configuration", [True, False])
async def test_each_folder_of_a_workspace_has_its_own_settings(
    unconnected, capabilities, resnet, tmp_path, configuration
):
    folders = [tmp_path / "server", tmp_path / "phone"]
    for folder, asked in zip(folders, ('mode = "compiled"', 'hardware = "jetson-agx-orin-64gb"'), strict=True):
        folder.mkdir()
        (folder / "pyproject.toml").write_text(f"[tool.graphperf]\n{asked}\n", "utf-8")
    unconnected.set_configuration({"batch": 2}, section="graphperf")
    unconnected.set_configuration({"batch": 4}, section="graphperf", scope_uri=folders[1].as_uri())
    await unconnected.start(capabilities(configuration=configuration), None, *folders)
    uris = [unconnected.open(folder / "model.py", resnet) for folder in (*folders, tmp_path)]
    titles = []
    for uri in uris:
        await unconnected.diagnosed(uri)
        titles.append((await unconnected.lenses(uri))[CLASS].command.title.partition(" | ")[0])
    batches = (2, 4, 2) if configuration else (1, 1, 1)
    assert titles == [
        f"NVIDIA H100 SXM5 80GB · fp32 · batch {batches[0]} · compiled",
        f"NVIDIA Jetson AGX Orin 64GB · fp32 · batch {batches[1]} · eager",
        f"NVIDIA H100 SXM5 80GB · fp32 · batch {batches[2]} · compiled",
    ]


async def test_an_imported_file_that_changes(unconnected, capabilities, tmp_path):
    blocks = tmp_path / "blocks.py"
    blocks.write_text("raise KeyError(2)\n")
    await unconnected.start(capabilities(watch=True))
    uri = unconnected.open(tmp_path / "net.py", IMPORTING)
    assert "GP901" in [finding.code for finding in await unconnected.diagnosed(uri)]
    blocks.write_text("from torch.nn import ReLU as Block\n")
    unconnected.changed_on_disk(blocks)
    assert "GP901" not in [finding.code for finding in await unconnected.diagnosed(uri, 1, 2)]


@pytest.mark.asyncio(loop_scope="session")
async def test_the_style_of_hints_and_lenses(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    await editor.diagnosed(uri)
    usual = await editor.hints(uri)
    await editor.configure(uri, inlayHints={"forwardLines": False, "shapes": False, "hotOnly": True}, share="latency")
    hints = await editor.hints(uri)
    assert re.fullmatch(r"\d+(\.\d)? % · (launch|memory|compute)( · fills .*)?", hints[STEM])
    assert set(hints) < set(usual)
    assert "x = self.layer4(x)" not in hints
    assert " of the latency  \n" in await editor.hover(uri, STEM)
    await editor.configure(uri, inlayHints={"enabled": False}, codeLens={"enabled": False})
    assert (await editor.hints(uri), await editor.lenses(uri)) == ({}, {})


@pytest.mark.asyncio(loop_scope="session")
async def test_findings_have_pages_and_can_be_silenced(editor, tmp_path):
    uri = editor.open(tmp_path / "costly.py", COSTLY)
    found = await editor.diagnosed(uri)
    (big,) = [f for f in found if (f.code, f.range.start.line) == ("GP101", editor.line(uri, BIG))]
    assert big.code_description.href.endswith("/docs/rules/GP101.md")
    assert f"[GP101 memory-bound-layer]({big.code_description.href})" in await editor.hover(uri, BIG)
    actions = await editor.actions(uri, BIG, diagnostics=[big])
    ignore = actions["Ignore GP101 on this line"]
    assert [d.code for d in ignore.diagnostics] == ["GP101"]
    again = await editor.diagnosed(uri, editor.apply(uri, ignore))
    assert len(again) == len(found) - 1
    assert f"{BIG}  # graphperf: ignore[GP101]" in editor.texts[uri]
