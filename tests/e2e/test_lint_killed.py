"""graphperf-lint killed at any moment: the caches stay whole, and files are written whole or not at all."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="kills a group of processes")]
TRIES = 50
NET = """from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear({width}, 4096)

    def forward(self, x):
        return self.fc(x)
"""
COMMANDS = (["--output-format", "json", "--output-file", "out.json"], ["--write-baseline", "baseline.json"])


def start(folder: Path, cache: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "graphperf.analysis.cli.lint", ".", "--jobs", "1", *arguments]
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def finished(folder: Path, cache: Path) -> tuple[list[bytes], float]:
    """What both commands write, and the seconds that the first takes."""
    begun = time.monotonic()
    assert start(folder, cache, COMMANDS[0]).wait(300) == 1
    seconds = time.monotonic() - begun
    assert start(folder, cache, COMMANDS[1]).wait(300) == 0
    return [(folder / name).read_bytes() for name in ("out.json", "baseline.json")], seconds


def test_killed_at_any_moment(tmp_path: Path) -> None:
    folder, cache, chance = tmp_path / "project", tmp_path / "cache", random.Random(7)
    folder.mkdir()
    for number in range(4):
        (folder / f"net{number}.py").write_text(NET.format(width=4096 + number))
    _, seconds = finished(folder, cache)
    killed = 0
    for attempt in range(TRIES):
        changed = attempt % 2 == 0  # else everything is remembered, and the end is near sooner
        if changed:
            (folder / f"net{attempt % 4}.py").write_text(NET.format(width=1024 + attempt))
        process = start(folder, cache, COMMANDS[attempt // 2 % 2])
        time.sleep(chance.uniform(0, seconds if changed else seconds / 5))
        if process.poll() is None:
            killed += 1
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert isinstance(json.loads((folder / "out.json").read_text("utf-8")), list)
        assert json.loads((folder / "baseline.json").read_text("utf-8"))["version"] == 1
    assert killed > TRIES / 4
    for store in (cache / "graphperf").glob("*.sqlite3"):
        with sqlite3.connect(store) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), store
    assert finished(folder, cache)[0] == finished(folder, tmp_path / "empty")[0]
