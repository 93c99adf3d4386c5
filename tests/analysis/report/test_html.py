"""The HTML report: figures of the JSON report, the same bytes each time, nothing from elsewhere, no text that runs."""

import json
import re
from collections.abc import Callable

import pytest

from graphperf.analysis.concurrency import critical_path
from graphperf.analysis.estimate import Evaluation
from graphperf.analysis.pipeline import Analysis, ModelResult
from graphperf.analysis.report.html import render_html
from graphperf.analysis.report.json_report import report_file
from graphperf.analysis.settings import Options

DEVICES = ("h100-sxm5-80gb", "a100-sxm4-40gb", "i7-12700k")
FIELDS = (
    "name", "pattern", "ends", "precision", "bottleneck", "latency_s", "energy_j", "edp_share", "bytes", "utilization",
)  # fmt: skip
HOSTILE = "</script><script>alert(1)</script><!--<script>"


def result_of(zoo, model: str = "resnet18", mode: str = "compiled") -> ModelResult:
    evaluations = tuple(zoo.evaluation(model, mode, device) for device in DEVICES)
    target = f"torchvision.models:{model}"
    return ModelResult(target, zoo.graph(model), target, evaluations, Options())


def record_in(page: str) -> dict:
    """What the script reads: the text of the element, as a browser ends it."""
    (found,) = re.findall(r'<script type="application/json" id="record">(.*?)</script>', page, re.DOTALL)
    return json.loads(found)


def test_the_figures_are_those_of_the_json_report(zoo) -> None:
    result = result_of(zoo)
    record = record_in(render_html(result, "resnet18"))
    reports = json.loads(report_file([Analysis((result,), ())]).model_dump_json())["reports"]
    assert [device["id"] for device in record["devices"]] == list(DEVICES)
    for device, report in zip(record["devices"], reports, strict=True):
        subgraphs = {subgraph["id"]: subgraph for subgraph in report["subgraphs"]}
        for kernel in device["kernels"]:
            subgraph = subgraphs.pop(kernel["id"])
            for field in FIELDS:
                assert kernel[field] == subgraph[field]
            assert kernel["flops"] == sum(operator["flops"] for operator in subgraph["operators"])
            shown = {operator["name"]: operator["edp_share"] for operator in subgraph["operators"]}
            assert all(shown[operator["name"]] == operator["edp_share"] for operator in kernel["operators"])
        assert all(left["edp_share"] == left["latency_s"] == 0 for left in subgraphs.values())
        assert sum(kernel["edp_share"] for kernel in device["kernels"]) == pytest.approx(1, abs=1e-9)
        operators = [operator for kernel in device["kernels"] for operator in kernel["operators"]]
        assert sum(operator["edp_share"] for operator in operators) == pytest.approx(1, abs=1e-9)
        totals = report["totals"]
        assert sum(kernel["latency_s"] for kernel in device["kernels"]) == pytest.approx(totals["latency_s"]["value"])
        assert device["latency_s"] == totals["latency_s"]
        assert device["energy_j"] == {name: totals["energy_j"][name] for name in ("value", "low", "high")}
        assert device["edp_js"] == totals["edp_js"]
        assert device["assumptions"] == report["assumptions"]


def test_the_device_works_for_a_part_of_the_run(zoo) -> None:
    result = result_of(zoo)
    for device, evaluation in zip(record_in(render_html(result, ""))["devices"], result.evaluations, strict=True):
        assert 0 < sum(kernel["work_s"] for kernel in device["kernels"]) < evaluation.latency.value
        for kernel in device["kernels"]:
            allocation = evaluation.subgraphs[kernel["id"]].allocation
            assert kernel["work_s"] >= max(allocation.compute_s, allocation.memory_s)


def test_the_critical_path_is_marked(zoo) -> None:
    evaluation: Evaluation = zoo.evaluation("googlenet", "compiled")
    path = critical_path(evaluation.graph, evaluation.operator_seconds)
    seconds = sum(evaluation.operator_seconds[operator] for operator in path)
    assert seconds == pytest.approx(evaluation.concurrency.critical_path_s)
    result = ModelResult("m:f", evaluation.graph, "m:f", (evaluation,), Options())
    (device,) = record_in(render_html(result, ""))["devices"]
    critical = {kernel["id"] for kernel in device["kernels"] if kernel["critical"]}
    assert critical == {evaluation.home[operator] for operator in path} & {k["id"] for k in device["kernels"]}
    assert 0 < len(critical) < len(device["kernels"])


def test_several_devices_say_why_the_best_is_best(zoo) -> None:
    result = result_of(zoo)
    record = record_in(render_html(result, ""))
    fastest, most_frugal = (
        min(DEVICES, key=lambda device: getattr(result.evaluations[DEVICES.index(device)], figure).value)
        for figure in ("latency", "energy")
    )
    starts = [text.split(". ")[0] for text in record["reasons"]]
    assert starts == [f"{fastest} is fastest", f"{most_frugal} is most frugal"]
    assert [device["portrait"].split(":")[0] for device in record["devices"]] == list(DEVICES)
    one = zoo.evaluation("resnet18")
    alone = ModelResult("m:f", one.graph, "m:f", (one,), Options())
    assert record_in(render_html(alone, ""))["reasons"] == []


def test_one_result_gives_the_same_bytes_and_a_host_its_own_nonce(zoo) -> None:
    result = result_of(zoo)
    page = render_html(result, "resnet18")
    assert page == render_html(result, "resnet18")
    other = render_html(result, "resnet18", links=True, nonce="from-the-host")
    assert other.count("from-the-host") == 4
    assert (record_in(page)["links"], record_in(other)["links"]) == (False, True)


def test_nothing_comes_from_elsewhere_and_only_the_pages_own_script_runs(zoo) -> None:
    page = render_html(result_of(zoo), "resnet18")
    addresses = set(
        re.findall(r"(?:https?:)?//[\w.]+[\w/]*", re.sub(r"^\s*// .*|// [A-Za-z].*$", "", page, flags=re.MULTILINE))
    )
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|\bsrc=|<link|<img|<iframe|\bimport\(|\bfetch\(|XMLHttpRequest|\beval\(", page)
    assert set(re.findall(r"url\((.*?)\)", page)) == {"#gap"}
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', page)
    (nonce,) = set(re.findall(r'nonce="(.*?)"', page))
    assert policy == f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:"
    markup = re.sub(r"<(script|style)[ >].*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r"\s(style|on[a-z]+)=", markup)
    assert not re.search(r' (style|on[a-z]+)=\\?"', json.dumps(record_in(page))), "nor in drawings made beforehand"


def test_no_name_ends_the_script(write: Callable) -> None:
    net = write(f"""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.add_module({HOSTILE.replace(".", "")!r}, nn.Linear(8, 8))

            def forward(self, x):
                return next(self.children())(x)
    """)
    page = render_html(net.analysis.results[0], HOSTILE)
    record = record_in(page)
    assert record["devices"][0]["kernels"][0]["name"] == HOSTILE
    assert page.count("<script") == page.count("</script>") == 2
    assert "<!--" not in page
