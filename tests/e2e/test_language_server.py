"""What an editor gets from the real server: hints, hovers, lenses, diagnostics, and how they follow the edits."""

import re

import pytest
from lsprotocol import types

from .models import FAILING

pytestmark = pytest.mark.asyncio(loop_scope="session")

STEM = "self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)"
LAYER4 = "self.layer4 = nn.Sequential(Block(256, 512, 2), Block(512, 512))"


async def test_an_opened_file_gets_hints(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    await editor.diagnosed(uri)
    hints = await editor.hints(uri)
    assert re.fullmatch(r"64×112×112 · \d+(\.\d)? % · (launch|memory|compute)( · fills .*)?", hints[STEM])
    assert hints[LAYER4].startswith("512×7×7 · ")
    assert hints["self.bn1 = nn.BatchNorm2d(channels)"].startswith("×8 · 512×7×7")
    assert hints["def forward(self, x):"] == "x: 1×3×224×224 (assumed from conv1)"
    assert hints["return self.fc(x)"].startswith("1×1000")
    assert "class ResNet(nn.Module):" not in hints


async def test_only_the_requested_lines_are_hinted(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    await editor.diagnosed(uri)
    line = editor.line(uri, STEM) + 1
    assert list(await editor.hints(uri, line, line + 1)) == [STEM, "self.bn1 = nn.BatchNorm2d(64)"]


async def test_one_lens_a_model_with_its_totals(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    await editor.diagnosed(uri)
    lenses = await editor.lenses(uri)
    assert list(lenses) == ["class ResNet(nn.Module):"]
    lens = lenses["class ResNet(nn.Module):"]
    totals = (
        r"NVIDIA H100 .* · fp32 · batch 1 · eager \| [\d.]+ [µm]s · [\d.]+ m?J · EDP .*J·s · \w+-bound .* of the time.*"
    )
    assert re.fullmatch(totals, lens.command.title)
    before = editor.counts.get("message", 0)
    arguments = list(lens.command.arguments)
    await editor.workspace_execute_command_async(types.ExecuteCommandParams(lens.command.command, arguments))
    await editor.until("message", before + 1)
    assert editor.messages[-1].message.startswith("ResNet: NVIDIA H100")


async def test_a_hover_explains_the_line(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    await editor.diagnosed(uri)
    lines = (await editor.hover(uri, STEM)).split("  \n")
    assert lines[0].startswith("conv1 · Conv2d (3")
    assert lines[1] == "1×3×224×224 → 1×64×112×112, fp32"
    assert lines[2].startswith("118 MMAC · ")
    assert lines[-1].endswith("input 1×3×224×224 assumed from conv1")
    assert "|" not in "".join(lines)
    assert (await editor.hover(uri, "class ResNet(nn.Module):")).startswith("ResNet  \nNVIDIA H100")
    assert await editor.hover(uri, "from torch import nn") == ""


async def test_a_hint_is_resolved_to_the_hover(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    await editor.diagnosed(uri)
    line = types.Position(editor.line(uri, STEM), 0)
    params = types.InlayHintParams(types.TextDocumentIdentifier(uri), types.Range(line, line))
    (hint,) = await editor.text_document_inlay_hint_async(params)
    assert hint.tooltip is None
    resolved = await editor.inlay_hint_resolve_async(hint)
    assert resolved.tooltip.value == await editor.hover(uri, STEM)


async def test_an_edit_changes_the_figures(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    await editor.diagnosed(uri)
    old = await editor.lenses(uri)
    await editor.diagnosed(uri, editor.replace(uri, "nn.Linear(512, 1000)", "nn.Linear(512, 10)"))
    hints = await editor.hints(uri)
    assert hints["self.fc = nn.Linear(512, 10)"].startswith("1×10")
    assert not hints["self.fc = nn.Linear(512, 10)"].startswith("1×1000")
    await editor.diagnosed(uri, editor.replace(uri, "Block(256, 512, 2)", "Block(256, 512, 1)"))
    assert (await editor.hints(uri))["x = self.layer4(x)"].startswith("512×14×14 · ")
    assert (await editor.lenses(uri))["class ResNet(nn.Module):"].command.title != old[
        "class ResNet(nn.Module):"
    ].command.title


async def test_hints_move_with_their_lines_before_the_new_result(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    await editor.diagnosed(uri)
    old = await editor.hints(uri)
    version = editor.replace(uri, "import torch\n", "import math\nimport os\n\nimport torch\n")
    version = editor.replace(uri, "        self.pool = nn.MaxPool2d(3, 2, 1)\n", "")
    del old["self.pool = nn.MaxPool2d(3, 2, 1)"]
    assert await editor.hints(uri) == old
    assert list(await editor.lenses(uri)) == ["class ResNet(nn.Module):"]
    (finding,) = [found for found in await editor.diagnosed(uri, version) if found.code == "GP901"]
    assert "has no attribute 'pool'" in finding.message
    assert await editor.hints(uri) == old


async def test_other_settings_give_other_figures(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    await editor.diagnosed(uri)
    await editor.configure(uri, hardware=["i7-12700k", "a100-sxm4-80gb"], mode="compiled", batch=4)
    title = (await editor.lenses(uri))["class ResNet(nn.Module):"].command.title
    assert re.match(r"Intel .*i7-12700K.* · fp32 · batch 4 · compiled \| ", title)
    assert (await editor.hints(uri))["def forward(self, x):"].startswith("x: 4×3×224×224")
    assert re.search(r"NVIDIA A100 .* [\d.]+ [µm]s", await editor.hover(uri, STEM))
    await editor.configure(uri, hardware=["a100-sxm4-80gb"], precision="fp16")
    assert "A100" in (await editor.lenses(uri))["class ResNet(nn.Module):"].command.title
    assert "fp16" in (await editor.hover(uri, STEM)).split("  \n")[1]


async def test_a_setting_that_cannot_be_used_is_told_once(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet)
    await editor.diagnosed(uri)
    before = editor.counts.get("message", 0)
    await editor.configure(uri, hardware=["h100"], mode="compiled")
    await editor.until("message", before + 1)
    assert "graphperf.hardware cannot be used" in editor.messages[-1].message
    assert "h100-sxm5-80gb" in editor.messages[-1].message
    await editor.configure(uri, hardware=["h100"], mode="ideal")
    assert editor.counts["message"] == before + 1
    assert " · ideal | " in (await editor.lenses(uri))["class ResNet(nn.Module):"].command.title


async def test_a_newer_version_ends_the_running_capture(editor, tmp_path):
    endless = FAILING.replace("x = self.first(x)", "while True: pass").replace("128", "512")
    uri = editor.open(tmp_path / "endless.py", endless)
    await editor.diagnosed(uri, editor.replace(uri, "while True: pass", "pass"))
    assert (await editor.hints(uri))["self.second = nn.Linear(512, 10)"].startswith("1×10")


async def test_form_feeds_do_not_shift_lines(editor, resnet, tmp_path):
    uri = editor.open(tmp_path / "model.py", resnet.replace("\n\nclass ResNet", "\n\x0c\nclass ResNet"))
    await editor.diagnosed(uri)
    await editor.diagnosed(uri, editor.replace(uri, "nn.Linear(512, 1000)", 'nn.Linear(512, len("\u2028" * 10))'))
    hints = await editor.hints(uri)
    assert hints['self.fc = nn.Linear(512, len("\u2028" * 10))'].startswith("1×10")
    assert hints["return self.fc(x)"].startswith("1×10")
