"""What graphperf's own client gets beside the protocol: heat, status, commands and lenses that name its commands."""

import asyncio
import re

import pytest
from lsprotocol import types

from .models import FAILING

pytestmark = pytest.mark.asyncio(loop_scope="module")

STEM = "self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)"
CLASS = "class ResNet(nn.Module):"


@pytest.fixture
def uri(own, resnet, tmp_path):
    """An opened model."""
    yield (opened := own.open(tmp_path / "model.py", resnet))
    own.close(opened)


async def test_heat_by_line(own, uri):
    heat = await own.heated(uri)
    assert own.line(uri, CLASS) not in heat
    whole = heat[own.line(uri, "x = self.layer4(x)")]
    assert whole == heat[own.line(uri, "self.layer4 = nn.Sequential(Block(256, 512, 2), Block(512, 512))")]
    assert 0.2 < whole[0] < 1
    assert all(
        share >= 0.01 and level == sum(share >= s for s in (0.01, 0.03, 0.08, 0.2, 0.4))
        for share, level in heat.values()
    )
    await own.heated(uri, own.replace(uri, "import torch\n", "\nimport torch\n"), 1)
    assert own.heat[uri].version == 2
    assert min(line.line for line in own.heat[uri].lines) == min(heat) + 1


async def test_states(own, resnet, tmp_path):
    ready = own.counts.get("state ready", 0)
    uri = own.open(tmp_path / "states.py", resnet)
    await own.until("state ready", ready + 1)
    own.close(uri)
    states = [(state.state, state.message) for state in own.states if state.uri in (None, uri)]
    assert states[0] == ("starting", "starting")
    assert ("capturing", "capturing ResNet") in states
    assert re.fullmatch(r"1 model · NVIDIA H100 SXM5 80GB · fp32 · batch 1 · eager", states[-1][1])
    assert states[-1][0] == "ready"


async def test_lenses_name_the_commands_of_the_client(own, uri):
    await own.diagnosed(uri)
    found = await own.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(uri)))
    lenses = [(lens.range.start.line, lens.command.command, lens.command.title) for lens in found]
    line = own.line(uri, CLASS)
    assert lenses[0] == (line, "graphperf.changeQuestion", "NVIDIA H100 SXM5 80GB · fp32 · batch 1 · eager")
    (asked,) = found[0].command.arguments
    assert (asked["hardware"], asked["batch"]) == (["NVIDIA H100 SXM5 80GB"], 1)
    assert lenses[1][:2] == (line, "graphperf.openReport")
    assert list(found[1].command.arguments) == [uri, "ResNet"]
    assert {at for at, *_ in lenses} == {line}  # what `forward` takes is an inlay hint


async def test_a_lens_shows_the_change_by_an_edit_whether_it_is_saved_or_not(own, uri):
    async def totals():
        found = await own.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(uri)))
        return next(lens.command.title for lens in found if lens.command.command == "graphperf.openReport")

    await own.diagnosed(uri)
    assert "(" not in await totals()
    version = own.replace(uri, ", Block(512, 512))", ")")
    await own.diagnosed(uri, version)
    assert re.search(r"^[\d.]+ [µm]s \(−\d+(\.\d)? %\) · [\d.]+ m?J \(−", await totals())
    own.save(uri)
    await own.diagnosed(uri, version, 2)
    assert "(−" in await totals()


async def test_the_tree_of_models(own, uri):
    await own.diagnosed(uri)
    (model,) = await own.command("graphperf.models", uri)
    assert (model["name"], model["line"]) == ("ResNet", own.line(uri, CLASS))
    assert re.match(r"[\d.]+ [µm]s · ", model["totals"])
    layers = {layer["name"]: layer for layer in model["children"]}
    assert layers["conv1"]["line"] == own.line(uri, STEM)
    assert layers["layer4.1.conv2"]["line"] == own.line(
        uri, "self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)"
    )
    assert re.match(r"64×112×112 · [\d.]+ µs · [\d.]+ [µm]J · \w+", layers["conv1"]["detail"])
    shares = [layer["share"] for layer in model["children"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert await own.command("graphperf.models", "file:///nowhere.py") == []


async def test_the_report(own, uri):
    await own.diagnosed(uri)
    for name in ("ResNet", None):
        page = await own.command("graphperf.report", uri, name)
        assert page["title"] == "ResNet"
        assert "<title>ResNet" in page["html"]
    assert await own.command("graphperf.report", uri, "Other") is None
    assert await own.command("graphperf.report", "file:///nowhere.py", None) is None


async def test_the_devices(own):
    found = {device["id"]: device for device in await own.command("graphperf.devices")}
    h100 = found["h100-sxm5-80gb"]
    assert (h100["name"], h100["kind"]) == ("NVIDIA H100 SXM5 80GB", "gpu")
    assert {"fp32", "fp16", "fp8-e4m3", "amp"} <= {*h100["precisions"]}
    assert h100["modes"] == ["eager", "compiled", "ideal", "tensorrt"]
    assert "jetson-agx-orin-64gb@15w" in found


async def test_a_restart_analyses_again(own, uri):
    await own.diagnosed(uri)
    before = own.counts["state starting"]
    await own.command("graphperf.restart")
    await own.diagnosed(uri, 1, 2)
    assert own.counts["state starting"] == before + 1


async def test_assumed_inputs_are_pinned(own, uri):
    await own.diagnosed(uri)
    assert await own.actions(uri, "import torch") == {}
    found = await own.actions(uri, CLASS)
    assert "graphperf.openReport" in found["Open report"].command
    pin = found["Pin the assumed input"]
    assert (pin.kind, pin.is_preferred) == ("quickfix", True)
    assert list(await own.actions(uri, CLASS, "source")) == ["Open report"]
    assert "Open report" not in await own.actions(uri, CLASS, "quickfix")
    await own.diagnosed(uri, own.apply(uri, pin))
    lines = own.texts[uri].split("\n")
    assert lines[lines.index(CLASS) - 1] == "# graphperf: input=(1, 3, 224, 224)"
    hints = await own.hints(uri)
    assert hints["def forward(self, x):"].startswith("x: 1×3×224×224 (directive on line ")
    assert "Pin the assumed input" not in await own.actions(uri, CLASS)


async def test_the_user_cancels_an_analysis(own, tmp_path):
    endless = FAILING.replace("x = self.first(x)", "while True: pass").replace("128", "512")
    uri = own.open(tmp_path / "endless.py", endless)

    async def token():
        while True:
            for name, reports in own.progress_reports.items():
                if any(getattr(report, "title", "") == "graphperf: endless.py" for report in reports):
                    return name
            await asyncio.sleep(0.02)

    shown = await asyncio.wait_for(token(), 20)
    assert own.progress_reports[shown][0].cancellable
    own.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(shown))
    await own.until("state degraded")
    assert own.states[-1].message.startswith("the analysis of endless.py was cancelled")
    ready = own.counts["state ready"]
    await own.diagnosed(uri, own.replace(uri, "while True: pass", "x = self.first(x)"))
    await own.until("state ready", ready + 1)
    own.close(uri)
