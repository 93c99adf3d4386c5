"""How captures of one file are asked for: side by side, models before their parts, results in the order of the file."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from graphperf.analysis import pipeline
from graphperf.analysis.capture import Captured, CaptureError
from graphperf.analysis.discovery import FileTarget
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options

TEXT = "from torch import nn\n" + "".join(
    f"class {name}(nn.Module):\n    def forward(self, x): return {used}(x)\n"
    for name, used in (("A", "PartOfA"), ("PartOfA", "x"), ("B", "PartOfB"), ("PartOfB", "x"), ("C", "x"))
)


class Recorder:
    """Answers with an error after what `meanwhile` does."""

    def __init__(self, meanwhile) -> None:
        self.asked: list[str] = []
        self._meanwhile = meanwhile

    def capture(self, request):
        self.asked.append(request.wanted)
        self._meanwhile(request.wanted)
        return Captured(error=CaptureError("forward", request.wanted))


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Analyses the text with so many captures at once."""

    def ask(capturer, at_once=3):
        monkeypatch.setattr(pipeline, "at_once", lambda _wanted=None: at_once)
        analysis = analyze(FileTarget(tmp_path / "model.py"), Options(), capturer, TEXT)
        return [(problem.name, problem.part) for problem in analysis.problems]

    return ask


IN_ORDER = [("A", False), ("B", False), ("C", False), ("PartOfA", True), ("PartOfB", True)]


def test_models_are_captured_side_by_side_and_then_their_parts(ask):
    models, parts = threading.Barrier(3, timeout=10), threading.Barrier(2, timeout=10)
    recorder = Recorder(lambda name: (parts if name.startswith("Part") else models).wait())
    assert ask(recorder) == IN_ORDER
    assert set(recorder.asked[:3]) == {"A", "B", "C"}


def test_the_order_is_that_of_the_file_whichever_ends_first(ask):
    delays = {"A": 0.2, "B": 0.1, "PartOfA": 0.1}
    assert ask(Recorder(lambda name: time.sleep(delays.get(name, 0)))) == IN_ORDER


def test_one_at_a_time(ask):
    running = threading.Lock()

    def alone(_):
        assert running.acquire(blocking=False)
        time.sleep(0.01)
        running.release()

    recorder = Recorder(alone)
    assert ask(recorder, at_once=1) == IN_ORDER
    assert recorder.asked == [name for name, _ in IN_ORDER]


def test_what_one_capture_raises_ends_the_analysis(ask):
    def fail(name):
        if name == "B":
            raise InterruptedError

    recorder = Recorder(fail)
    with pytest.raises(InterruptedError):
        ask(recorder)
    assert not any(name.startswith("Part") for name in recorder.asked)


def test_parts_run_alone_where_no_model_has_them(write):
    layer = "    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(8, 8)\n"
    written = write(
        f"class Part(nn.Module):\n{layer}    def forward(self, x): return self.fc(x)\n"
        f"class Whole(nn.Module):\n{layer}        self.part = Part()\n    def forward(self, x): return self.part(x)\n"
        f"class Lost(nn.Module):\n{layer}    def forward(self, x): return self.fc(x)\n"
        f"class Failing(nn.Module):\n{layer}        self.lost = Lost()\n    def forward(self, x): return self.lost(x) @ 1\n"
    )
    assert [result.graph.model for result in written.analysis.results] == ["Whole", "Lost"]
    assert [problem.name for problem in written.analysis.problems] == ["Failing"]


def test_several_analyses_share_a_capturer(capturer, tmp_path):
    text = TEXT.replace("PartOfA(x)", "x + 1").replace("PartOfB(x)", "x * 2")
    path = tmp_path / "model.py"
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda _: analyze(FileTarget(path), Options(), capturer, text), range(3)))
    models = [[result.graph.model for result in analysis.results] for analysis in found]
    assert models == [["A", "PartOfA", "B", "PartOfB", "C"]] * 3
