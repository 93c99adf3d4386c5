"""A long day: a hundred files, a thousand edits, agents that are killed, a client that goes without a word."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
import pytest_lsp

from .conftest import SERVER, capable
from .editor import Editor

FILES, EDITS, KILLS, SUPERSEDED = 100, 1000, 20, 50
MODEL = """from torch import nn


class Net{number}(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, {width})

    def forward(self, x):
        return self.fc(x)
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


def children(pid: int) -> set[int]:
    """The processes that descend from one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def agents_of(server: int) -> list[int]:
    """The processes that the server itself has started."""
    return [pid for pid in children(server) if f"PPid:\t{server}\n" in Path(f"/proc/{pid}/status").read_text()]


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def settled(editor: Editor, uris: list[str], widths: list[int]) -> None:
    """Waits until every file shows the hint of its last text."""
    end = time.monotonic() + 240
    waiting = set(range(len(uris)))
    while waiting:
        for i in list(waiting):
            hints = await editor.hints(uris[i])
            if any(text.startswith(f"1×{widths[i]} ") for text in hints.values()):
                waiting.discard(i)
        assert time.monotonic() < end, [await editor.hints(uris[i]) for i in sorted(waiting)[:3]]
        await asyncio.sleep(0.1)


@pytest_lsp.fixture(config=SERVER)
async def abandoned(client: Editor):
    """An editor that goes without a word, and at the end its server, should a failed test have left it."""
    yield
    assert client._server is not None
    if client._server.returncode is None:
        client._server.kill()


async def test_a_long_day(abandoned: Editor, tmp_path: Path) -> None:
    draw = random.Random(1)
    await abandoned.start(capable())
    (server,) = [
        pid for pid in children(os.getpid()) if b"graphperf.server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    widths = [32 + i for i in range(FILES)]
    texts = [MODEL.format(number=i, width=width) for i, width in enumerate(widths)]
    uris = [abandoned.open(tmp_path / f"net{i}.py", text) for i, text in enumerate(texts)]
    await settled(abandoned, uris, widths)
    agents = len(children(server))

    async def edit(i: int) -> None:
        old, widths[i] = widths[i], draw.randrange(200, 4000)
        if widths[i] != old:
            abandoned.replace(uris[i], f"(16, {old})", f"(16, {widths[i]})")

    started = 0
    for number in range(EDITS):
        await edit(draw.randrange(FILES))
        if number % (EDITS // SUPERSEDED) == 0:
            await edit(number % FILES)
            await asyncio.sleep(0.16)  # longer than the debounce: the work has begun
            await edit(number % FILES)
        if number % (EDITS // KILLS) == 10:
            for agent in agents_of(server):
                os.kill(agent, signal.SIGKILL)
        if number == EDITS // 5:
            await settled(abandoned, uris, widths)
            started = resident(server)
        await asyncio.sleep(0.01)
    await settled(abandoned, uris, widths)
    assert resident(server) < 1.1 * started
    assert resident(server) < 150e6
    assert len(children(server)) <= agents + 2
    assert not [message for message in abandoned.messages if "Traceback" in message.message]

    every = {server, *children(server)}
    os.kill(server, signal.SIGSTOP)  # the client is gone while the server does not look
    assert abandoned._server is not None
    assert abandoned._server.stdin is not None
    abandoned._server.stdin.close()
    os.kill(server, signal.SIGCONT)
    end = time.monotonic() + 20
    while (alive := {pid for pid in every if _runs(pid)}) and time.monotonic() < end:
        await asyncio.sleep(0.1)
    assert not alive


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
