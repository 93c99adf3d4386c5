"""Other kinds of clients, and the processes that the server starts and ends."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lsprotocol import types

from graphperf import hardware_profiles

from .editor import REFRESHES

pytestmark = pytest.mark.slow

STEM = "self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)"
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and shell scripts")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_positions_in_the_encoding_of_the_client(unconnected, capabilities, resnet, tmp_path, encoding):
    result = await unconnected.start(capabilities(encodings=(encoding,)))
    assert result.capabilities.position_encoding == encoding
    text = resnet.replace(
        "bias=False)\n        self.bn1 = nn.BatchNorm2d(64)", "bias=False)  # 𐍈é\n        self.bn1 = nn.BatchNorm2d(64)"
    )
    uri = unconnected.open(tmp_path / "modèle 𐍈.py", text)
    await unconnected.diagnosed(uri)
    assert (await unconnected.hints(uri))[f"{STEM}  # 𐍈é"].startswith("64×112×112")
    await unconnected.diagnosed(uri, unconnected.replace(uri, "𐍈é", "𐌰é, 𐍈"))
    assert (await unconnected.hints(uri))[f"{STEM}  # 𐌰é, 𐍈"].startswith("64×112×112")
    assert (await unconnected.hover(uri, f"{STEM}  # 𐌰é, 𐍈")).startswith("conv1")


async def test_a_client_that_pulls_diagnostics(unconnected, capabilities, resnet, tmp_path):
    await unconnected.start(capabilities(pull=True))
    uri = unconnected.open(tmp_path / "model.py", resnet.replace("self.fc(x)", "self.fc(x, x)"))
    await unconnected.until(types.WORKSPACE_DIAGNOSTIC_REFRESH)
    params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
    report = await unconnected.text_document_diagnostic_async(params)
    assert ("GP901", unconnected.line(uri, "return self.fc(x, x)")) in [
        (d.code, d.range.start.line) for d in report.items
    ]
    params.previous_result_id = report.result_id
    assert (await unconnected.text_document_diagnostic_async(params)).kind == "unchanged"
    assert unconnected.diagnostics == {}


async def test_a_client_that_can_do_nothing_special(unconnected, resnet, tmp_path):
    options = {"hardware": "a100-sxm4-80gb", "precision": "fp16", "captureSeconds": 30}
    await unconnected.start(types.ClientCapabilities(), options)
    uri = unconnected.open(tmp_path / "model.py", resnet)
    await unconnected.diagnosed(uri)
    title = (await unconnected.lenses(uri))["class ResNet(nn.Module):"].command.title
    assert title.startswith("NVIDIA A100 SXM4 80GB · fp16 · ")
    settings = {"graphperf": {"hardware": ["h100-sxm5-80gb"], "mode": "compiled"}}
    unconnected.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
    await unconnected.diagnosed(uri, 1, 2)
    title = (await unconnected.lenses(uri))["class ResNet(nn.Module):"].command.title
    assert title.startswith("NVIDIA H100 SXM5 80GB · fp16 · batch 1 · compiled | ")
    assert not set(REFRESHES) & set(unconnected.counts)


async def test_a_device_of_the_workspace(unconnected, resnet, tmp_path):
    (tmp_path / "boards").mkdir()
    text = (Path(hardware_profiles.__file__).parent / "devices" / "i7-12700k.toml").read_text("utf-8")
    own = text.replace('id = "i7-12700k"', 'id = "my-cpu"').replace("Intel Core i7-12700K", "My CPU")
    (tmp_path / "boards" / "my-cpu.toml").write_text(own, "utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.graphperf]\nhardware-path = ["boards"]\n', "utf-8")
    await unconnected.start(types.ClientCapabilities(), {"hardware": "my-cpu"}, tmp_path)
    uri = unconnected.open(tmp_path / "model.py", resnet)
    await unconnected.diagnosed(uri)
    assert (await unconnected.lenses(uri))["class ResNet(nn.Module):"].command.title.startswith("My CPU · fp32 · ")
    assert unconnected.messages == []


async def test_documents_that_are_not_on_disk_are_left_alone(unconnected, capabilities, resnet):
    await unconnected.start(capabilities())
    document = types.TextDocumentItem("untitled:Untitled-1", types.LanguageKind.Python, 1, resnet)
    unconnected.text_document_did_open(types.DidOpenTextDocumentParams(document))
    unconnected.texts[document.uri] = resnet
    assert await unconnected.hints(document.uri) == {}
    assert await unconnected.lenses(document.uri) == {}


@posix
async def test_an_untrusted_workspace_starts_no_interpreter(unconnected, capabilities, resnet, tmp_path):
    python, pids = _recording_interpreter(tmp_path)
    await unconnected.start(capabilities(), {"interpreter": python, "trusted": False, "status": True})
    uri = unconnected.open(tmp_path / "model.py", f"{resnet}\nopen('ran', 'w')\n")
    for found in (await unconnected.diagnosed(uri), await unconnected.configure(uri, trusted=True, mode="ideal")):
        (finding,) = found
        assert finding.severity == types.DiagnosticSeverity.Information
        assert finding.message.startswith("ResNet: not captured, since the workspace is not trusted")
        assert finding.range.start.line == unconnected.line(uri, "class ResNet(nn.Module):")
        # What can be read in the source, and nothing that would have to be run.
        assert await unconnected.hints(uri) == {
            STEM: "9.41 k parameters", "self.bn1 = nn.BatchNorm2d(64)": "128 parameters",
            "self.fc = nn.Linear(512, 1000)": "513 k parameters",
        }  # fmt: skip
    with pytest.raises(FileNotFoundError):
        pids()
    await unconnected.until("state untrusted", 2)
    assert {state.state for state in unconnected.states} == {"starting", "untrusted"}


@posix
async def test_trust_that_is_withdrawn(unconnected, capabilities, resnet, tmp_path):
    python, pids = _recording_interpreter(tmp_path)
    await unconnected.start(capabilities(), {"interpreter": python})
    uri = unconnected.open(tmp_path / "model.py", resnet)
    await unconnected.diagnosed(uri)
    found = await unconnected.configure(uri, trusted=False)
    assert ["is not trusted" in finding.message for finding in found].count(True) == 1
    await asyncio.wait_for(asyncio.to_thread(_wait_for_end, pids()), 20)


@posix
async def test_an_agent_that_dies_is_replaced(unconnected, capabilities, resnet, tmp_path):
    python, pids = _recording_interpreter(tmp_path)
    await unconnected.start(capabilities(configuration=False), {"interpreter": python})
    uri = unconnected.open(tmp_path / "model.py", resnet)
    await unconnected.diagnosed(uri)
    (first,) = pids()
    os.kill(first, signal.SIGKILL)
    await unconnected.diagnosed(uri, unconnected.replace(uri, "nn.Linear(512, 1000)", "nn.Linear(512, 10)"))
    assert (await unconnected.hints(uri))["self.fc = nn.Linear(512, 10)"].startswith("1×10")
    assert len(pids()) == 2


@posix
async def test_an_unchanged_file_is_shown_without_its_interpreter(unconnected, capabilities, resnet, tmp_path):
    python, pids = _recording_interpreter(tmp_path)
    path = tmp_path / "model.py"
    path.write_text(resnet)
    command = [sys.executable, "-m", "graphperf.analysis.cli.main", "analyze", str(path), "--python", python]
    assert (await asyncio.to_thread(subprocess.run, command, capture_output=True)).returncode == 0
    (_,) = pids()
    await unconnected.start(capabilities(configuration=False), {"interpreter": python})
    uri = unconnected.open(path, resnet)
    await unconnected.diagnosed(uri)
    assert (await unconnected.hints(uri))[STEM].startswith("64×112×112")
    unconnected.save(uri)
    await unconnected.diagnosed(uri, 1, 2)
    await unconnected.diagnosed(uri, unconnected.replace(uri, "import torch\n", "import torch\n\nwidth = 3\n"))
    assert len(pids()) == 1
    await unconnected.diagnosed(uri, unconnected.replace(uri, "nn.Linear(512, 1000)", "nn.Linear(512, 10)"))
    assert len(pids()) == 2


@posix
@pytest.mark.parametrize("politely", [True, False])
async def test_no_process_outlives_the_server(unconnected, capabilities, resnet, tmp_path, politely):
    python, pids = _recording_interpreter(tmp_path)
    await unconnected.start(capabilities(configuration=False), {"interpreter": python})
    uri = unconnected.open(tmp_path / "model.py", resnet)
    await unconnected.diagnosed(uri)
    unconnected.replace(uri, "x = self.layer1(x)", "while True: pass")
    await unconnected.hints(uri)
    server = unconnected._server
    if politely:
        await unconnected.shutdown_session()
    else:
        server.stdin.close()
    unconnected.capabilities = None  # the fixture shall not shut down again
    await asyncio.wait_for(server.wait(), 20)
    await asyncio.wait_for(asyncio.to_thread(_wait_for_end, pids()), 20)


async def test_torch_stays_out_of_the_server():
    code = "import sys, graphperf.server.app as a; a.create_server(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


async def test_the_version():
    done = subprocess.run([sys.executable, "-m", "graphperf.server", "--version"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.startswith("graphperf-server ")


def _recording_interpreter(folder):
    """An interpreter that notes its process numbers, and the function that reads them."""
    script, record = folder / "python", folder / "pids"
    script.write_text(f'#!/bin/sh\necho $$ >> "{record}"\nexec "{sys.executable}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script), lambda: [int(line) for line in record.read_text().split()]


def _wait_for_end(pids):
    """Returns when none of the processes exists."""
    while any(_exists(pid) for pid in pids):
        time.sleep(0.02)


def _exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
