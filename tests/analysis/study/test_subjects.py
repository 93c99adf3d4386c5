"""Models captured at several batch sizes."""

import pytest

from graphperf.analysis.discovery import FileTarget, ModuleTarget, UsageError
from graphperf.analysis.settings import Options
from graphperf.analysis.study import subjects_of

TWO = """import torch
from torch import nn


class One(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 16)

    def forward(self, x):
        return self.fc(x)


class Few(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 16)

    def forward(self, x):
        assert len(x) < 8, "too many"
        return self.fc(x)
"""


def test_models_of_a_file_at_each_batch(tmp_path, capturer) -> None:
    path = tmp_path / "two.py"
    path.write_text(TWO)
    noted = []
    subjects, problems = subjects_of(FileTarget(path), (4, 2), Options(), capturer, noted.append)
    assert problems == []
    assert [subject.name for subject in subjects] == ["One", "Few"]
    for subject in subjects:
        assert list(subject.graphs) == [4, 2]
        assert {batch: graph.batch for batch, graph in subject.graphs.items()} == {4: 4, 2: 2}
    assert "capturing One at batch 2" in noted


def test_a_batch_that_the_model_refuses_is_a_problem_of_that_model(tmp_path, capturer) -> None:
    path = tmp_path / "two.py"
    path.write_text(TWO)
    subjects, problems = subjects_of(FileTarget(path), (4, 16), Options(), capturer)
    assert [subject.name for subject in subjects] == ["One"]
    (problem,) = problems
    assert problem.message.startswith("at batch 16: forward() raised at line 20")
    assert "too many" in problem.message


def test_without_batches_inputs_stay_as_given(capturer) -> None:
    options = Options(inputs=(((3, 3, 64, 64), "float32"),))
    subjects, _ = subjects_of(ModuleTarget("torchvision.models", "resnet18"), (), options, capturer)
    assert [(subject.name, list(subject.graphs)) for subject in subjects] == [("resnet18", [3])]


def test_no_images_are_a_batch_too(capturer) -> None:
    options = Options(inputs=(((0, 3, 64, 64), "float32"),))
    subjects, _ = subjects_of(ModuleTarget("torchvision.models", "resnet18"), (), options, capturer)
    assert [list(subject.graphs) for subject in subjects] == [[0]]


def test_a_file_without_models(tmp_path, capturer) -> None:
    (tmp_path / "none.py").write_text("x = 1\n")
    with pytest.raises(UsageError, match=r"no nn.Module class found"):
        subjects_of(FileTarget(tmp_path / "none.py"), (), Options(), capturer)
