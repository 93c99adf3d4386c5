"""The on-disk store: bounded, shared between processes, never a reason to fail."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

from graphperf.analysis.store import Store


def test_what_was_put_is_found_by_another_store(tmp_path: Path) -> None:
    Store(tmp_path / "s").put("a", b"1" * 1000)
    other = Store(tmp_path / "s")
    assert other.get("a") == b"1" * 1000
    assert other.get("b") is None


def test_the_oldest_use_goes_first(tmp_path: Path) -> None:
    import random

    store = Store(tmp_path / "s", most_bytes=40_000)
    noise = random.Random(0)
    for name in "abc":
        store.put(name, noise.randbytes(9_900))
    assert store.get("a") is not None
    for name in "de":
        store.put(name, noise.randbytes(9_900))
    assert store.get("b") is None
    assert store.get("a") is not None
    assert store.get("e") is not None


def test_a_value_that_would_push_out_everything_is_not_kept(tmp_path: Path) -> None:
    import random

    store = Store(tmp_path / "s", most_bytes=10_000)
    store.put("small", b"x")
    store.put("big", random.Random(0).randbytes(9_000))
    assert store.get("big") is None
    assert store.get("small") == b"x"


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "s"
    Store(path).put("a", b"1")
    for file in tmp_path.iterdir():
        file.write_bytes(b"this is no database, " * 500)
    store = Store(path)
    assert store.get("a") is None
    store.put("a", b"2")
    assert store.get("a") == b"2"


def test_a_place_that_cannot_be_written_is_an_empty_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "s")
    store.put("a", b"1")
    assert store.get("a") is None


def test_processes_write_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from graphperf.analysis.store import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "for i in range(50): store.put(f'{sys.argv[2]}-{i}', b'x' * 2000)\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "s"), name]) for name in "abcd"]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    store = Store(tmp_path / "s")
    assert all(store.get(f"{name}-{i}") == b"x" * 2000 for name in "abcd" for i in range(50))


def test_a_file_that_another_process_is_making_is_waited_for(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "s", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    done = threading.Timer(0.2, other.execute, ["COMMIT"])
    done.start()
    store = Store(tmp_path / "s")
    store.put("a", b"1")
    done.join()
    assert store.get("a") == b"1"
