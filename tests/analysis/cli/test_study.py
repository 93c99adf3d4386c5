"""`compare`, `sweep`, `recommend`, `validate` and `--set`, from their arguments to what they print."""

import csv
import io
import json
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

H100, I7 = "h100-sxm5-80gb", "i7-12700k"
CONVOLUTIONS = """
from torch import nn


# graphperf: input=(8, 64, 112, 112)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(64, 64, 3), nn.BatchNorm2d(64), nn.Conv2d(64, 64, 3))

    def forward(self, x):
        y = self.layers(x)
        return y.view(8, -1) if y.size(0) == 8 else y
"""


def test_compare_as_text(run: Callable) -> None:
    done = run("graphperf", "compare", "model.py", "-H", f"{H100},{I7}", "--batch", "4")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "Net · fp32 · eager · batch 4"
    assert lines[2].split() == ["hardware", "latency", "energy", "EDP", "memory", "filled", "bound"]
    assert lines[3].startswith(f"{H100}  *")
    assert "* best of its column" in lines
    assert f"{H100} is fastest. {I7} takes" in done.out
    assert max(map(len, lines)) <= 100


def test_compare_as_data(run: Callable) -> None:
    options = ("compare", "model.py", "-H", f"{H100},{I7}", "--precision", "fp32,fp16")
    found = run("graphperf", *options, "--format", "json").json
    (comparison,) = found["comparisons"]
    asked = [(row["hardware"], row["precision"]) for row in comparison["candidates"]]
    assert asked == [(H100, "fp32"), (H100, "fp16"), (I7, "fp32")]
    assert comparison["best"]["latency"] == [1]
    assert len(comparison["reasons"]) == 5
    assert [(entry["hardware"], entry["choice"]) for entry in found["skipped"]] == [(I7, "fp16")]
    rows = list(csv.DictReader(io.StringIO(run("graphperf", *options, "--format", "csv").out)))
    assert [(row["hardware"], row["fits"]) for row in rows] == [(H100, "true"), (H100, "true"), (I7, "true")]
    assert float(rows[0]["latency_s"]) == comparison["candidates"][0]["latency_s"]
    marked = run("graphperf", *options, "--format", "markdown")
    assert marked.out.splitlines()[2].startswith("| hardware | precision | latency |")
    assert marked.err == f"skipped {I7} fp16: does not compute in fp16; it does in fp64, fp32, tf32, int8\n"


def test_compare_agrees_with_analyze(run: Callable) -> None:
    (row,) = run("graphperf", "compare", "model.py", "--format", "json").json["comparisons"][0]["candidates"]
    (report,) = run("graphperf", "analyze", "model.py", "--format", "json").json["reports"]
    assert row["latency_s"] == pytest.approx(report["totals"]["latency_s"]["value"], rel=1e-12)
    assert row["edp_js"] == pytest.approx(report["totals"]["edp_js"], rel=1e-12)
    assert row["peak_memory_bytes"] == report["totals"]["peak_memory_bytes"]


def test_sweep(run: Callable, folder) -> None:
    options = ("sweep", "model.py", "-H", f"{H100},{I7}", "--precision", "fp32,bf16,int8", "--batch", "1,2,4,8,16,32")
    done = run("graphperf", *options, "--format", "csv", "-o", "out.csv")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith(f"skipped {I7} bf16: does not compute in bf16")
    rows = list(csv.DictReader((folder / "out.csv").open()))
    assert len(rows) == (3 + 2) * 6
    assert [row["batch"] for row in rows[:6]] == ["1", "2", "4", "8", "16", "32"]
    as_json = run("graphperf", *options, "--format", "json").json
    assert [point["latency_s"] for point in as_json["points"]] == [float(row["latency_s"]) for row in rows]
    text = run("graphperf", *options, "--mode", "eager,ideal").out
    assert text.splitlines()[0] == "Net"
    assert text.splitlines()[2].split()[:4] == ["hardware", "precision", "mode", "batch"]


def test_a_sweep_shows_what_does_not_fit(run: Callable) -> None:
    point = run("graphperf", "sweep", "model.py", "--batch", "9000000", "--format", "json").json["points"][0]
    assert point["fits"] is False
    assert " > 80 GB" in run("graphperf", "sweep", "model.py", "--batch", "9000000").out


def test_parquet(run: Callable, folder) -> None:
    done = run("graphperf", "sweep", "model.py", "--format", "parquet")
    assert (done.code, done.err) == (2, "error: the format parquet needs a file: give --output-file\n")
    if find_spec("pyarrow") is None:
        done = run("graphperf", "sweep", "model.py", "--format", "parquet", "-o", "out.parquet")
        assert (done.code, done.err) == (
            2,
            "error: the format parquet needs pyarrow: pip install 'graphperf[parquet]'\n",
        )
        return
    parquet = import_module("pyarrow.parquet")
    assert run("graphperf", "sweep", "model.py", "--format", "parquet", "-o", "out.parquet").code == 0
    (row,) = parquet.read_table(folder / "out.parquet").to_pylist()
    assert (row["model"], row["hardware"], row["fits"]) == ("Net", H100, True)


def test_recommend(run: Callable) -> None:
    options = ("recommend", "model.py", "-H", f"{H100},{I7},kpu-t64", "--max-latency", "20 ms", "--max-memory", "8GB")
    done = run("graphperf", *options)
    assert (done.code, done.err.splitlines()[0][:7]) == (0, "skipped")
    assert done.out.splitlines()[0].startswith("Net: lowest EDP a sample with latency ≤ 20 ms, memory ≤ 8 GB; ")
    assert " of 6 W" in done.out
    (found,) = run("graphperf", *options, "--format", "json").json["recommendations"]
    kept = [row for row in found["candidates"] if not row["violations"]]
    assert found["winners"][0]["edp_js"] == min(row["edp_js"] for row in kept)
    rows = list(csv.DictReader(io.StringIO(run("graphperf", *options, "--format", "csv").out)))
    assert len(rows) == len(found["candidates"])
    assert rows[0]["verdict"] == "best"


def test_recommend_over_every_device_says_nothing_of_what_they_lack(run: Callable) -> None:
    done = run("graphperf", "recommend", "model.py", "--precision", "int8", "--mode", "compiled")
    assert (done.code, done.err) == (0, "")


def test_recommend_when_nothing_keeps_the_limits(run: Callable) -> None:
    done = run("graphperf", "recommend", "model.py", "-H", H100, "--max-power", "1mW")
    assert done.code == 1
    assert "No candidate keeps the limits. Nearest: " in done.out


def test_validate(run: Callable) -> None:
    done = run("graphperf", "validate", "model.py")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == "Net (model.py::Net): no known family"
    assert "14 checks passed, 0 failed" in done.out
    done = run("graphperf", "validate", "model.py", "--family", "resnet18")
    assert done.code == 1
    assert "FAIL  parameters between" in done.out
    found = run("graphperf", "validate", "model.py", "--family", "resnet18", "--format", "json").json["validations"][0]
    assert (found["family"], found["passed"]) == ("resnet18", False)


def test_what_if(run: Callable) -> None:
    done = run("graphperf", "analyze", "model.py", "--set", "cuda-graphs")
    assert done.code == 0
    (line,) = [line for line in done.out.splitlines() if line.startswith("with cuda-graphs: latency ")]
    assert " → " in line
    assert " %; energy " in line
    (report,) = run("graphperf", "analyze", "model.py", "--set", "cuda-graphs", "--format", "json").json["reports"]
    (plain,) = run("graphperf", "analyze", "model.py", "--format", "json").json["reports"]
    assert plain["what_if"] is None
    assert report["what_if"]["set"] == ["cuda-graphs"]
    assert report["what_if"]["latency_s"] == pytest.approx(plain["totals"]["latency_s"]["value"])
    text = run("graphperf", "compare", "model.py", "--set", "cuda-graphs,channels_last").out
    assert text.splitlines()[0] == "Net · fp32 · eager · batch 1 · channels_last,cuda-graphs"
    point = run("graphperf", "sweep", "model.py", "--set", "cuda-graphs", "--format", "json").json["points"][0]
    assert (point["what_if"], point["base_latency_s"]) == ("cuda-graphs", pytest.approx(report["what_if"]["latency_s"]))


@pytest.mark.parametrize("change", ["channels_last", "fold-bn"])
def test_a_sweep_compares_with_the_model_as_written(run: Callable, change: str) -> None:
    """What changes the graph itself is another one; at batch 8 this one only runs as written."""
    Path("model.py").write_text(CONVOLUTIONS)
    asked = ("-H", H100, "--precision", "fp16", "--batch", "8,16", "--format", "json")
    plain, changed = (
        run("graphperf", "sweep", "model.py", *asked, *given).json["points"] for given in ((), ("--set", change))
    )
    assert [point["base_latency_s"] for point in changed] == [point["latency_s"] for point in plain]
    assert all(point["latency_s"] < point["base_latency_s"] for point in changed)


USAGE = [
    (
        ["compare", "model.py", "-H", "h1000"],
        "unknown hardware 'h1000'; did you mean h100-sxm5-80gb or h100-pcie-80gb or mi100?",
    ),
    (["compare", "model.py", "-H", I7, "--precision", "fp16"], f"{I7} does not compute in fp16; it does in "),
    (["compare", "model.py", "-H", ""], "--hardware is empty"),
    (["sweep", "model.py", "--batch", "1,,2"], "--batch: nothing between the commas"),
    (["sweep", "model.py", "--batch", ""], "--batch is empty"),
    (["sweep", "model.py", "--batch", "two"], "--batch: 'two' is no number"),
    (["sweep", "model.py", "--batch", "1,0"], "--batch must be at least 1, not 0"),
    (["sweep", "model.py", "--precision", "fp15"], "unknown precision 'fp15'; did you mean fp16"),
    (
        ["sweep", "model.py", "--mode", "compile"],
        "unknown mode 'compile', choose from eager, compiled, ideal, tensorrt, xla, kpu; did you mean",
    ),
    (["sweep", "model.py", "--set", "cudagraphs"], "--set: unknown setting 'cudagraphs', choose from "),
    (["sweep", "model.py", "-o", "no/such/folder.csv"], "cannot write no/such/folder.csv: No such file or directory"),
    (["sweep", "no_model.py"], "no_model.py: no nn.Module class found"),
    (["analyze", "model.py", "--set", ""], "--set is empty"),
    (["recommend", "model.py", "--max-latency", "5"], "--max-latency: '5' has no unit; give it as 5ms"),
    (["recommend", "model.py", "--max-power", "30 GB"], "--max-power: '30 GB' is not a power such as 30W"),
    (["recommend", "model.py", "--max-memory", "-1GB"], "--max-memory: '-1GB' must be above 0 and finite"),
    (["recommend", "model.py", "--min-throughput", "lots"], "--min-throughput: 'lots' is not a rate such as 200/s"),
    (["validate", "model.py", "--family", "resnet"], "--family: unknown family 'resnet', choose from "),
    (["validate", "absent.py"], "absent.py: no such file"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), USAGE, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_request_that_cannot_be_carried_out(run: Callable, arguments: list[str], message: str) -> None:
    done = run("graphperf", *arguments)
    assert (done.code, done.out) == (2, "")
    (words,) = done.err.splitlines()
    assert words.startswith(f"error: {message}")


@pytest.mark.parametrize("command", ["compare", "sweep", "recommend", "validate"])
def test_a_model_that_cannot_be_captured(run: Callable, command: str) -> None:
    done = run("graphperf", command, "bad_forward.py", "--hardware", H100, "--precision", "fp32")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("bad_forward.py:11: GP901 forward() raised at line 11")


@pytest.mark.parametrize(
    "arguments", [["sweep"], ["sweep", "model.py", "--jobs", "0"], ["recommend", "model.py", "--objective", "x"]]
)
def test_wrong_options(run: Callable, arguments: list[str]) -> None:
    done = run("graphperf", *arguments)
    assert done.code == 2
    assert done.err.startswith("Usage: ")


@pytest.mark.slow  # test_points.py asks two processes without a command line
def test_two_processes_give_the_same(run: Callable) -> None:
    options = ("sweep", "model.py", "--batch", "1,2", "--format", "json")
    assert json.loads(run("graphperf", *options).out) == json.loads(run("graphperf", *options, "--jobs", "2").out)
