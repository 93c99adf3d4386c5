"""Interpreters that cannot run models: one message with what to do, and what can be read in the source; an older torch."""

import os
import sys
from pathlib import Path

import pytest

OTHER = os.environ.get("GRAPHPERF_TEST_PYTHON", "")
CLASS = "class ResNet(nn.Module):"
STATIC = {
    "self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)": "9.41 k parameters",
    "self.bn1 = nn.BatchNorm2d(64)": "128 parameters",
    "self.fc = nn.Linear(512, 1000)": "513 k parameters",
}
pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="the interpreters are shell scripts")]


def script(folder: Path, text: str) -> str:
    """An interpreter that does this."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def missing(folder: Path) -> str:
    return str(folder / "no" / "python")


def broken(folder: Path) -> str:
    return script(folder, "echo 'error while loading shared libraries' >&2; exit 127")


def without_torch(folder: Path) -> str:
    return script(folder, f'exec "{sys.executable}" -S "$@"')


def with_a_torch(folder: Path, text: str) -> str:
    """An interpreter whose torch is this text."""
    (folder / "packages" / "torch").mkdir(parents=True)
    (folder / "packages" / "torch" / "__init__.py").write_text(text)
    return script(folder, f'PYTHONPATH="{folder / "packages"}" exec "{sys.executable}" "$@"')


def broken_torch(folder: Path) -> str:
    return with_a_torch(folder, "raise OSError('libcudnn.so.9: cannot open shared object file')")


def ancient_torch(folder: Path) -> str:
    return with_a_torch(folder, "__version__ = '0.4.1'")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (missing, "cannot start the interpreter {python}: No such file or directory"),
        (broken, "nothing runs (error while loading shared libraries) in the interpreter {python}"),
        (without_torch, "torch cannot be imported (ModuleNotFoundError: No module named 'torch') in the interpreter {python}"),
        (broken_torch, "torch cannot be imported (OSError: libcudnn.so.9: cannot open shared object file) in the "),
        (ancient_torch, "torch 0.4.1 cannot be used, 2.1 is the oldest that is tested (ModuleNotFoundError: "),
    ],
)  # fmt: skip
async def test_one_message_and_static_hints(unconnected, capabilities, resnet, tmp_path, make, reason):
    python = make(tmp_path)
    await unconnected.start(capabilities(configuration=False), {"interpreter": python, "status": True})
    # Another model in the file: what hinders both is said once.
    uri = unconnected.open(tmp_path / "model.py", resnet + "\n\nclass Other(nn.Module):\n    pass\n")
    for version in (1, 2):
        (finding,) = await unconnected.diagnosed(uri, version)
        assert (finding.code, finding.range.start.line) == ("GP901", unconnected.line(uri, CLASS))
        assert finding.message.startswith(reason.format(python=python))
        assert finding.message.endswith("; choose an interpreter that has torch with the setting graphperf.interpreter")
        await unconnected.until("state degraded", version)
        assert unconnected.states[-1].message == finding.message
        assert await unconnected.hints(uri) == STATIC
        if version == 1:
            unconnected.replace(uri, "class Other", "class Another")
    assert unconnected.messages == []


@pytest.mark.skipif(not OTHER, reason="GRAPHPERF_TEST_PYTHON names no interpreter")
async def test_an_older_torch_gives_the_same_hints(unconnected, capabilities, resnet, tmp_path):
    await unconnected.start(capabilities())
    uri = unconnected.open(tmp_path / "model.py", resnet)
    await unconnected.diagnosed(uri)
    known = await unconnected.hints(uri)
    assert known
    await unconnected.configure(uri, interpreter=OTHER)
    assert await unconnected.hints(uri) == known
