"""The agent's memory in huge pages: whatever the system can, what is in it stays."""

import ctypes
import hashlib
import mmap
import sys

import pytest

from graphperf.analysis.capture.agent import huge_pages

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="huge pages of Linux")
SIZE = 64 << 20


@pytest.fixture
def held():
    with mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as region:
        region[:] = bytes(range(256)) * (SIZE // 256)
        yield region


def test_pieces_lie_within_a_region_and_keep_their_content(held: mmap.mmap, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.sha256(held).digest()
    first = ctypes.addressof(ctypes.c_char.from_buffer(held))
    within = [piece for piece in huge_pages._pieces() if first <= piece < first + SIZE]
    assert len(within) >= 6
    assert all(piece % (2 << 20) == 0 and piece + (8 << 20) <= first + SIZE for piece in within)
    monkeypatch.setattr(huge_pages, "_pieces", lambda: list(within))
    pages = huge_pages.HugePages()
    for _ in range(2 * len(within)):
        pages.move_some()
    assert hashlib.sha256(held).digest() == digest


def test_a_system_that_moves_nothing_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(huge_pages, "_pieces", lambda: [1, 2, 3])
    monkeypatch.setattr(huge_pages, "_collapse", lambda piece: bool(asked.append(piece)))
    pages = huge_pages.HugePages()
    for _ in range(5):
        pages.move_some()
    assert asked == [3, 2, 1]
