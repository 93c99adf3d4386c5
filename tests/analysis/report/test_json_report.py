"""The JSON report: exactly the documented fields, figures that agree with each other, a round trip."""

import json
from collections.abc import Callable

import pytest

from graphperf.analysis.fusion import modes_of
from graphperf.analysis.pipeline import Analysis, ModelResult, Problem
from graphperf.analysis.report.json_report import report_file
from graphperf.analysis.report.schema import ReportFile
from graphperf.analysis.settings import Options

OPERATOR = {"name", "kind", "file", "line", "macs", "flops", "bytes", "edp_share", "algorithm", "parallelism"}
SUBGRAPH = {
    "id", "name", "pattern", "ends", "bytes", "bytes_saved", "precision", "bottleneck", "latency_s", "energy_j", "edp_share",
    "utilization", "operators", "stage", "threads", "allocation", "fusion",
}  # fmt: skip
INTERVAL = {"value", "low", "high"}
TOTALS = {
    "operators", "subgraphs", "parameters", "macs", "flops", "bytes_unfused", "bytes_fused", "bytes_saved",
    "arithmetic_intensity", "latency_s", "energy_j", "edp_js", "peak_memory_bytes", "utilization", "memory", "fusion",
}  # fmt: skip
CONCURRENCY = {
    "stages", "max_parallel", "critical_path_operators", "critical_path_layers", "critical_path_flops", "critical_path_s",
    "bound_operators", "bound_flops", "bound_s",
}  # fmt: skip
ALLOCATION = {
    "units", "units_used", "tile", "tiles", "waves", "resident", "alignment", "compute_s", "memory_s", "dram_bytes",
    "cache_bytes", "fallback",
}  # fmt: skip
MEMORY = {"weights", "activations", "peak", "capacity", "fits", "largest_batch", "cache", "training"}
FUSION = {"bytes", "latency_s", "energy_j", "edp_js"}
REPORT = {
    "model", "contains", "target", "hardware", "precision", "mode", "batch", "inputs", "assumptions", "coverage",
    "totals", "what_if", "concurrency", "patterns", "subgraphs",
}  # fmt: skip


def report_of(zoo, mode: str = "ideal", model: str = "resnet18") -> dict:
    evaluation = zoo.evaluation(model, mode)
    target = f"torchvision.models:{model}"
    result = ModelResult(target, evaluation.graph, target, (evaluation,), Options())
    return json.loads(report_file([Analysis((result,), ())]).model_dump_json())["reports"][0]


def test_the_documented_fields(zoo) -> None:
    report = report_of(zoo)
    assert set(report) == REPORT
    assert set(report["inputs"][0]) == {"shape", "dtype", "origin"}
    assert set(report["coverage"]) == {"operators", "modelled"}
    assert set(report["totals"]) == TOTALS
    assert set(report["totals"]["latency_s"]) == INTERVAL
    assert set(report["totals"]["energy_j"]) == INTERVAL | {"compute", "memory", "dram", "cache", "static"}
    assert set(report["concurrency"]) == CONCURRENCY
    assert (set(report["totals"]["memory"]), set(report["totals"]["fusion"])) == (MEMORY, FUSION)
    first = report["subgraphs"][0]
    assert (set(first["allocation"]), set(first["fusion"])) == (ALLOCATION, FUSION)
    assert set(first["operators"][0]["parallelism"]) == {"batch", "channel", "spatial", "reduction"}
    assert {frozenset(subgraph) for subgraph in report["subgraphs"]} == {frozenset(SUBGRAPH)}
    fields = {frozenset(operator) for subgraph in report["subgraphs"] for operator in subgraph["operators"]}
    assert fields == {frozenset(OPERATOR)}


@pytest.mark.parametrize("mode", modes_of("gpu"))
def test_figures_agree_with_each_other(zoo, mode: str) -> None:
    report = report_of(zoo, mode)
    totals, subgraphs = report["totals"], report["subgraphs"]
    operators = [operator for subgraph in subgraphs for operator in subgraph["operators"]]
    assert totals["operators"] == len(operators) == 69
    assert totals["subgraphs"] == len(subgraphs)
    assert totals["macs"] == sum(operator["macs"] for operator in operators) == 1_814_073_344
    assert totals["flops"] == sum(operator["flops"] for operator in operators)
    assert totals["parameters"] == 11_689_512
    assert sum(operator["edp_share"] for operator in operators) == pytest.approx(1, abs=1e-9)
    assert sum(subgraph["edp_share"] for subgraph in subgraphs) == pytest.approx(1, abs=1e-9)
    assert sum(subgraph["latency_s"] for subgraph in subgraphs) == pytest.approx(totals["latency_s"]["value"])
    assert sum(subgraph["energy_j"] for subgraph in subgraphs) == pytest.approx(totals["energy_j"]["value"])
    energy = totals["energy_j"]
    assert energy["compute"] + energy["memory"] + energy["static"] == pytest.approx(energy["value"])
    assert totals["edp_js"] == pytest.approx(totals["latency_s"]["value"] * energy["value"])
    assert totals["arithmetic_intensity"] == pytest.approx(totals["flops"] / totals["bytes_fused"])
    assert totals["bytes_fused"] <= totals["bytes_unfused"]
    assert totals["bytes_saved"] == pytest.approx(totals["bytes_unfused"] - totals["bytes_fused"])
    assert sum(subgraph["bytes"] for subgraph in subgraphs) == pytest.approx(totals["bytes_fused"])
    for parts in (subgraphs, report["patterns"]):
        assert sum(part["bytes_saved"] for part in parts) == pytest.approx(totals["bytes_saved"])
    for field in FUSION:
        parts = [subgraph["fusion"][field] for subgraph in subgraphs]
        assert sum(parts) == pytest.approx(totals["fusion"][field], rel=1e-9, abs=1e-15)
    memory = totals["memory"]
    assert memory["weights"] + memory["activations"] == memory["peak"] == totals["peak_memory_bytes"]
    training = memory["training"]
    assert sum(training[part] for part in ("weights", "gradients", "optimizer", "activations")) == training["total"]
    assert energy["dram"] + energy["cache"] == pytest.approx(energy["memory"])
    assert sum(pattern["count"] for pattern in report["patterns"]) == len(subgraphs)
    assert all(subgraph["ends"] for subgraph in subgraphs)
    assert [subgraph["id"] for subgraph in subgraphs] == list(range(len(subgraphs)))


def test_a_report_reads_back_and_refuses_other_fields(zoo) -> None:
    evaluation = zoo.evaluation("resnet18", "ideal")
    result = ModelResult("m:f", evaluation.graph, "m:f", (evaluation,), Options())
    whole = report_file([Analysis((result,), (Problem("m.py", "forward", "bad", "m.py", 3),))])
    assert ReportFile.model_validate_json(whole.model_dump_json()) == whole
    data = json.loads(whole.model_dump_json())
    assert data["errors"] == [{"target": "m.py", "code": "GP901", "message": "bad", "file": "m.py", "line": 3}]
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        ReportFile.model_validate({**data, "extra": 1})


def test_lines_are_those_of_the_analysed_file_as_it_was_named(write: Callable) -> None:
    net = write("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(8, 8)

            def forward(self, x):
                return self.act(self.fc(x))  # run

            def act(self, x):
                return x.special() if hasattr(x, "special") else torch.special.bessel_j0(x)  # act
    """)
    (report,) = json.loads(report_file([net.analysis]).model_dump_json())["reports"]
    places = [(o["kind"], o["file"], o["line"]) for s in report["subgraphs"] for o in s["operators"]]
    assert places[0] == ("linear", str(net.path), net.line("# run"))
    assert places[1][1:] == (str(net.path), net.line("# act"))
    assert report["coverage"] == {"operators": 2, "modelled": 1}
    assert report["target"] == f"{net.path}::Net"
    assert (report["batch"], report["contains"]) == (1, ["Net"])
    assert report["inputs"] == [{"shape": [1, 8], "dtype": "float32", "origin": "assumed from fc"}]
    assert any(text.startswith("input x: 1×8 float32, assumed from fc") for text in report["assumptions"])
    assert any(text.startswith("not modelled, bytes only: ") for text in report["assumptions"])
