"""What is taken from a stopped process: what it had answered, or an error that its code had failed with by then."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from graphperf.analysis.capture.agent.child import END, Sinks
from graphperf.analysis.capture.agent.watched import MOST_OUTPUT_BYTES, Watched

GRAPH, ERROR = b'{"graph": {}}', b'{"error": {"line": 3}}'


@pytest.fixture
def child(tmp_path) -> Iterator[tuple[Watched, Sinks]]:
    """A process that sleeps, and the ends at which it would write."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    pipes = [os.pipe() for _ in Sinks._fields]
    for reading, _ in pipes:
        os.set_blocking(reading, False)
    request = {"id": 1, "op": "capture", "seconds": 0.01, "memory_gb": 1}
    yield Watched(request, process.pid, Sinks(*(r for r, _ in pipes)), str(tmp_path)), Sinks(*(w for _, w in pipes))  # pyright: ignore[reportArgumentType]
    process.kill()
    process.wait()
    for ends in pipes:
        for end in ends:
            os.close(end)


def answer(child: tuple[Watched, Sinks], words: bytes) -> None:
    watched, writing = child
    os.write(writing.answer, words)
    assert watched.read(watched.pipes.answer)


def time_out(watched: Watched) -> None:
    time.sleep(0.02)
    assert watched.check()
    assert watched.stopped is not None
    assert watched.stopped.stage == "timeout"


@pytest.mark.parametrize(("words", "taken"), [(GRAPH, None), (ERROR, ERROR)])
def test_after_its_time_only_an_error_is_taken(child, words: bytes, taken: bytes | None) -> None:
    time_out(child[0])
    assert child[0].await_error()
    answer(child, words + END)
    assert child[0].answer() == taken


def test_what_was_answered_before_is_taken(child) -> None:
    answer(child, GRAPH)
    answer(child, END)
    time_out(child[0])
    assert child[0].answer() == GRAPH


def test_a_process_that_prints_without_end_is_not_waited_for(child) -> None:
    watched, writing = child
    time_out(watched)
    assert watched.check()  # it may say where it is
    for _ in range(MOST_OUTPUT_BYTES // 4096 + 1):
        os.write(writing.output, bytes(4096))
        watched.read(watched.pipes.output)
    assert not watched.await_error()
    assert not watched.check()
    answer(child, ERROR + END)
    assert watched.answer() is None
