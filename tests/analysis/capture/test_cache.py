"""Graphs remembered by content: what is asked again, and what is not."""

import sys
from pathlib import Path

import pytest

from graphperf.analysis.capture import CachingCapturer, Captured, CaptureRequest, PoolCapturer
from graphperf.analysis.discovery import FileTarget
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options
from graphperf.analysis.store import Store

MODEL = """import torch
from torch import nn
{imports}

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear({width}, {width})

    def forward(self, x):
        return torch.relu(self.fc(x))


class Other(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, {other})

    def forward(self, x):
        return self.fc(x)
"""


class Counting:
    """Counts what is really captured."""

    def __init__(self, asker: PoolCapturer) -> None:
        self.asker, self.asked = asker, []

    def capture(self, request: CaptureRequest) -> Captured:
        self.asked.append(request.wanted)
        return self.asker.capture(request)


@pytest.fixture
def run(tmp_path, capturer):
    """Writes a file, analyses it with a fresh process's view of the store, and tells what was captured."""

    def analyse(text: str, **options):
        path = tmp_path / "model.py"
        path.write_text(text)
        counting = Counting(capturer)
        caching = CachingCapturer(counting, sys.executable, Store(tmp_path / "store"))
        return analyze(FileTarget(path), Options(**options), caching), counting.asked

    return analyse


def text(width: int = 8, other: int = 2, imports: str = "") -> str:
    return MODEL.replace("{width}", str(width)).replace("{other}", str(other)).replace("{imports}", imports)


def test_an_unchanged_file_is_not_captured_again(run) -> None:
    first, asked = run(text())
    assert sorted(asked) == ["Block", "Other"]
    second, asked = run(text())
    assert asked == []
    assert [r.graph for r in second.results] == [r.graph for r in first.results]


def test_another_device_or_precision_asks_nothing(run) -> None:
    run(text())
    analysis, asked = run(text(), hardware=("rtx-3090",), mode="compiled")
    assert asked == []
    assert analysis.results[0].evaluations[0].question.device.id == "rtx-3090"


def test_only_the_class_that_changed_is_captured(run) -> None:
    run(text())
    _, asked = run(text(other=3))
    assert asked == ["Other"]


def test_lines_move_with_their_statements(run, capturer) -> None:
    run(text())
    moved = "# a comment\n# another\n" + text().replace("class Other", "# between\n\n\nclass Other")
    analysis, asked = run(moved)
    assert asked == []
    fresh, _ = run(moved + "\n# the end\nclass Third: pass\n")
    for result, again in zip(analysis.results, fresh.results, strict=True):
        captured = analyze(FileTarget(Path(result.target.partition("::")[0]), again.graph.model), Options(), capturer)
        lines = [[p.line for p in o.source] for o in captured.results[0].graph.operators]
        assert [[p.line for p in o.source] for o in result.graph.operators] == lines
        assert [[p.line for p in m.constructed] for m in result.graph.modules] == [
            [p.line for p in m.constructed] for m in captured.results[0].graph.modules
        ]


def test_a_batch_or_input_asks_again(run) -> None:
    run(text())
    _, asked = run(text(), batch=4)
    assert sorted(asked) == ["Block", "Other"]


def test_a_local_module_that_changed_asks_again(run, tmp_path) -> None:
    (tmp_path / "widths_of_cache_test.py").write_text("WIDTH = 8\n")
    file = text(width=5).replace("nn.Linear(5, 5)", "nn.Linear(WIDTH, WIDTH)")
    file = file.replace("from torch import nn\n", "from torch import nn\nfrom widths_of_cache_test import WIDTH\n")
    run(file)
    assert run(file)[1] == []
    (tmp_path / "widths_of_cache_test.py").write_text("WIDTH = 16\n")
    analysis, asked = run(file)
    assert asked == ["Block"]
    assert analysis.results[0].graph.parameters == 16 * 16 + 16


def test_a_file_that_was_read_and_changed_asks_again(run, tmp_path) -> None:
    (tmp_path / "width.txt").write_text("8")
    file = text(width=5).replace("nn.Linear(5, 5)", f"nn.Linear(int(open({str(tmp_path / 'width.txt')!r}).read()), 3)")
    run(file)
    assert run(file)[1] == []
    (tmp_path / "width.txt").write_text("16")
    assert run(file)[1] == ["Block"]


def test_an_error_of_the_code_is_remembered_and_one_of_the_place_is_not(run) -> None:
    wrong = text().replace("torch.relu(self.fc(x))", "self.fc(self.fc(x), 1)")
    assert run(wrong)[0].problems
    analysis, asked = run(wrong)
    assert (asked, len(analysis.problems)) == ([], 1)
    missing = text(imports="import no_such_package_here").replace("torch.relu(", "no_such_package_here.f(")
    run(missing)
    assert "Block" in run(missing)[1]


def test_signs_that_only_python_strings_split_at_do_not_hide_a_change(run):
    text = "\f\f\f\f\f\f\f\f\f\n" + MODEL.format(imports="", width=8, other=2)
    run(text)
    _, asked = run(text.replace("return self.fc(x)\n", "return self.fc(x) + 1\n"))
    assert asked == ["Other"]
