"""The agent's memory in huge pages: whatever the system can, what is in it stays."""

import mmap
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="huge pages of Linux")
MOVE = """
import hashlib, mmap, os, sys
from _graphperf_agent.huge_pages import HugePages, _pieces

held = mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
held[:] = bytes(range(256)) * (len(held) // 256)
digest = hashlib.sha256(held).digest()
pages = HugePages()
for _ in range(2 * len(_pieces()) + 2):
    pages.move_some()
process = os.fork()
if process == 0:
    held[:8] = b"a fork's"
    os._exit(hashlib.sha256(held).digest() == digest)
status = os.waitpid(process, 0)[1]
assert status == 0 and hashlib.sha256(held).digest() == digest
(huge,) = (int(line.split()[1]) for line in open("/proc/self/smaps_rollup") if line.startswith("AnonHugePages"))
print(len(_pieces()), huge)
"""


def moved() -> tuple[int, int]:
    """Pieces that there are, and kB in huge pages after moving all of them twice."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", MOVE], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    pieces, huge = map(int, done.stdout.split())
    return pieces, huge


def test_memory_keeps_its_content() -> None:
    pieces, huge = moved()
    assert pieces >= (64 << 20) // (8 << 20) - 1
    assert huge % (mmap.PAGESIZE >> 10) == 0
