"""The report on predictions beside measurements."""

import json
from collections import Counter
from dataclasses import replace

from graphperf.analysis.report.accuracy import render
from graphperf.analysis.study.measured.cases import Case
from graphperf.analysis.study.measured.predict import NotPredicted, Predicted
from graphperf.hardware_profiles import Precision


def case(name: str, shape: tuple[tuple[str, float], ...] = ()) -> Case:
    return Case(
        "timm", name, "rtx-4090", "pytorch", Precision.FP16, "eager", frozenset(), 64, 0.01, "224", "timm", shape
    )


FOUND = [
    Predicted(case("resnet50"), 0.011, 0.009, 0.012, 0.005, "compute"),
    Predicted(case("vit"), 0.02, 0.019, 0.022, 0.005, "memory"),
    Predicted(case("linear", (("M", 8.0),)), 0.01, 0.009, 0.012, 0.009, "memory"),
]


def test_tables_worst_rows_and_reasons() -> None:
    text = render(FOUND, [NotPredicted(case("odd"), "no graph")], Counter({"training is not timed": 7}), "markdown")
    assert "| timm | rtx-4090 | pytorch | eager | fp16 | held out | 2 | 55.0 % |" in text
    assert "| models | held out | 2 | 55.0 % |" in text[text.index("## In all") : text.index("## Models by device")]
    assert "| rtx-4090 | memory-bound | larger batches | held out | 1 |" in text
    assert "## Operators" in text
    assert text.index("| vit | rtx-4090 | 64 | 10 ms | 20 ms | +100 % |") < text.index("| resnet50 |")
    assert "- 7 × training is not timed\n- 1 × odd: no graph" in text


def test_json_has_every_row() -> None:
    record = json.loads(render(FOUND, [], Counter(), "json"))
    assert [row["name"] for row in record["rows"]] == ["resnet50", "vit", "linear"]
    assert record["tables"]["Operators"][0]["rows"] == 1
    assert [(row["of"], row["rows"]) for row in record["tables"]["In all"]] == [("models", 2), ("operators", 1)]


def test_json_tells_what_was_run_on_which_inputs() -> None:
    own = replace(case("net"), target="model.py::Net", inputs=(((2, 3, 8, 8), "float32"), ((2,), "int64")))
    found = [replace(FOUND[0], case=each) for each in (case("resnet50"), own)]
    rows = json.loads(render(found, [], Counter(), "json"))["rows"]
    assert [(row["target"], row["inputs"]) for row in rows] == [("", "224"), ("model.py::Net", "2x3x8x8 2:int64")]
