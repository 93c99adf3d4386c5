"""Rows that `graphperf measure` wrote, read again by `graphperf validate --measured`."""

from pathlib import Path

import pytest

from graphperf.analysis.measurement.rows import COLUMNS
from graphperf.analysis.study.measured.predict import NotPredicted, Predicted, Ready, predictions, ready
from graphperf.analysis.study.measured.tables import read_cases
from graphperf.analysis.what_if import WhatIf

CPU = {"some cpu": "i7-12700k"}
MODELS = """
import torch
from torch import nn


class Keyword(nn.Module):
    def __init__(self):
        super().__init__()
        self.small, self.large = nn.Linear(64, 64), nn.Linear(64, 65536)

    def forward(self, x, context=None, bias=None):
        if context is not None:
            x = x + self.large(context).mean()
        return self.small(x) if bias is None else self.small(x) + bias


# graphperf: batch=2 input=(1, 64)
class Directive(nn.Module):
    def __init__(self):
        super().__init__()
        self.small = nn.Linear(64, 64)

    def forward(self, x):
        return self.small(x)


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(1000, 64)

    def forward(self, tokens, mask):
        return self.table(tokens) * mask.unsqueeze(-1)


if __name__ == "__main__":
    Keyword()(torch.randn(128, 64), bias=torch.randn(128, 64))
"""


def row(target: str = "model.py::Keyword", batch: str = "128", inputs: str = "128x64 128x64", **cells: str) -> str:
    given = {
        "source": "graphperf", "target": target, "model": target.rpartition(":")[2], "device": "Some CPU",
        "framework": "pytorch 2.6.0 cpu", "mode": "infer", "precision": "fp32", "layout": "nchw", "batch": batch,
        "input": inputs, "latency_ms": "1.5", "note": "threads=2",
    }  # fmt: skip
    return ",".join({**given, **cells}.get(column, "") for column in COLUMNS)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODELS)

    def write(*lines: str) -> list[Path]:
        (tmp_path / "rows.csv").write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
        return [tmp_path / "rows.csv"]

    return write


def test_rounds_become_their_middle_one_unless_they_ran_otherwise(write) -> None:
    rounds = [row(latency_ms=latency) for latency in ("1", "9", "2")]
    cases, left = read_cases(write(*rounds, row(note="threads=1", latency_ms="5")), CPU)
    assert [(case.measured, case.note, case.device) for case in cases] == [
        (0.002, "threads=2", "i7-12700k"), (0.005, "threads=1", "i7-12700k"),
    ]  # fmt: skip
    assert not left


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"latency_ms": ""}, "could not convert"),
        ({"latency_ms": "0"}, "latency_ms is 0"),
        ({"latency_ms": "inf"}, "latency_ms is inf"),
        ({"target": ""}, "no target"),
        ({"inputs": "2x?"}, "invalid literal"),
        ({"precision": "fp99"}, "fp99"),
    ],
)
def test_rows_that_are_not_whole_are_told_with_their_line(write, cells: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=rf"rows\.csv:3: .*{message}"):
        read_cases(write(row(), row(**cells)), CPU)


def test_a_row_that_was_cut_short(write) -> None:
    with pytest.raises(ValueError, match=r"rows\.csv:2: "):
        read_cases(write(row().partition(",nchw")[0]), CPU)


def test_other_files_of_a_folder_are_left_out_and_told(write) -> None:
    [rows] = write(row())
    (rows.parent / "calibration.csv").write_text("point,median_s\nlinear,1e-6\n")
    cases, left = read_cases([rows.parent], CPU)
    assert len(cases) == 1
    assert left == {"calibration.csv is no table of measurements": 1}
    with pytest.raises(ValueError, match=r"calibration\.csv: no table of measurements"):
        read_cases([rows.parent / "calibration.csv"], CPU)


@pytest.mark.parametrize("cells", [{"compiled": "tensorrt"}, {"mode": "train"}, {"layout": "nchw16c"}])
def test_runs_that_measure_does_not_make_are_left_out(write, cells: dict[str, str]) -> None:
    cases, left = read_cases(write(row(**cells)), CPU)
    assert not cases
    assert left.total() == 1


def test_models_are_captured_as_they_were_measured(write, capturer) -> None:
    """The second input of the first is `bias`, not the argument of its place; the directive's batch is not the row's."""
    lines = [row(), row("model.py::Directive", "512", "512x64"), row("model.py::Tokens", "4", "4x77:int64 4x77")]
    found = list(predictions(read_cases(write(*lines), CPU)[0], capturer, print))
    assert all(isinstance(each, Predicted) for each in found)
    by_name = {each.case.name: each.value for each in found if isinstance(each, Predicted)}
    assert by_name["Keyword"] < 1e-4  # with a context it is 10 times that
    alone = list(predictions(read_cases(write(row("model.py::Directive", "2", "2x64")), CPU)[0], capturer, print))
    assert isinstance(alone[0], Predicted)
    assert alone[0].value < by_name["Directive"]


def test_what_is_not_there_any_more_says_so(write, capturer) -> None:
    lines = [row("gone.py::Net"), row(inputs="128x63 128x64")]
    found = list(predictions(read_cases(write(*lines), CPU)[0], capturer, print))
    assert all(isinstance(each, NotPredicted) for each in found)
    reasons = {each.case.target: each.reason for each in found if isinstance(each, NotPredicted)}
    assert "no such file" in reasons["gone.py::Net"]
    assert "128×63 (given)" in reasons["model.py::Keyword"]


def test_rows_in_channels_last_are_predicted_so(write, capturer) -> None:
    rows = [row("torchvision.models:resnet18", "2", "2x3x64x64", layout=layout) for layout in ("nchw", "nhwc")]
    cases = read_cases(write(*rows), CPU)[0]
    assert [case.what_if for case in cases] == [frozenset(), {WhatIf.CHANNELS_LAST}]
    plain, last = (each for each in ready(cases, capturer, print) if isinstance(each, Ready))
    orders = [each.kernels.tiled[each.kernels.of_family("convolution")] for each in (plain, last)]
    assert [(order > 0).all() for order in orders] == [True, False]
    assert (orders[1] == 0).all()
