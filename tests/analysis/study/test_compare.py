"""Devices side by side, and why they differ."""

import pytest

from graphperf.analysis.estimate import Question, evaluate
from graphperf.analysis.numerics import parse_numerics
from graphperf.analysis.report.reasons import reasons
from graphperf.analysis.study import Grid, Subject
from graphperf.analysis.study.compare import compare
from graphperf.hardware_profiles import Precision, profile

FP32, FP16 = parse_numerics("fp32"), parse_numerics("fp16")


@pytest.fixture(scope="module")
def comparison(zoo):
    devices = [profile(name) for name in ("h100-sxm5-80gb", "a100-sxm4-80gb", "i7-12700k")]
    subject = Subject("resnet18", "torchvision.models:resnet18", {1: zoo.graph("resnet18")})
    (found,) = compare([subject], Grid(devices, [FP32], ("eager",)))
    return found


def test_the_best_of_each_column(comparison) -> None:
    points = [candidate.point for candidate in comparison.candidates]
    assert comparison.best["latency"] == {min(range(3), key=lambda row: points[row].latency_s)}
    assert comparison.best["EDP"] == {min(range(3), key=lambda row: points[row].edp_js)}
    assert comparison.best["filled"] == {max(range(3), key=lambda row: points[row].utilization)}
    assert comparison.best["memory"] == frozenset(), "all alike"


def test_anatomies_agree_with_the_evaluation(comparison, zoo) -> None:
    for candidate in comparison.candidates:
        question = Question(profile(candidate.point.hardware), FP32, "eager")
        found, anatomy = evaluate(zoo.graph("resnet18"), question), candidate.anatomy
        assert sum(anatomy.seconds.values()) == pytest.approx(found.latency.value)
        assert sum(anatomy.joules.values()) == pytest.approx(found.energy.value)
        assert anatomy.joules["static power"] == pytest.approx(sum(e.energy.static for e in found.subgraphs))
        assert anatomy.dram_bytes == pytest.approx(sum(e.allocation.dram_bytes for e in found.subgraphs))
        tensors = {t.storage for t in zoo.graph("resnet18").tensors}  # weights and every result, each storage once
        data = sum(size for storage, size in zoo.graph("resnet18").storage_bytes.items() if storage in tensors)
        assert anatomy.passes == pytest.approx(anatomy.dram_bytes / data)
        assert anatomy.launches == sum(e.latency_s > 0 for e in found.subgraphs)
        assert 0 < anatomy.peak_share <= 1
        assert 0 < anatomy.dram_rate <= 1
        assert anatomy.padding >= 1
        assert anatomy.peak == question.device.peak_flops(Precision.FP32, matrix=True)


def test_the_reasons_are_computed_from_the_estimates(comparison) -> None:
    texts = reasons(comparison.candidates)
    h100, _, i7 = (candidate.point for candidate in comparison.candidates)
    assert texts[0].startswith(f"h100-sxm5-80gb: arithmetic takes {100 * h100.compute_share:.0f} % of the time (at ")
    assert f"launches take {100 * h100.launch_share:.0f} % (68 kernels, " in texts[0]
    assert texts[2].startswith(f"i7-12700k: arithmetic takes {100 * i7.compute_share:.0f} % of the time (at ")
    assert "of the peak of 1.28 TFLOP/s" in texts[2]
    assert texts[3].startswith("h100-sxm5-80gb is fastest. a100-sxm4-80gb takes ")
    assert f"i7-12700k takes {i7.latency_s / h100.latency_s:.3g} times as much (+" in texts[3]
    assert "most frugal" in texts[4]


def test_models_of_one_row_each_compete_with_each_other(zoo) -> None:
    subjects = [Subject(name, name, {1: zoo.graph(name)}) for name in ("resnet18", "mobilenet_v2")]
    (found,) = compare(subjects, Grid([profile("h100-sxm5-80gb")], [FP16], ("ideal",)))
    assert [candidate.point.model for candidate in found.candidates] == ["resnet18", "mobilenet_v2"]
    assert found.best["memory"] == {1}
    assert len(compare(subjects, Grid([profile("h100-sxm5-80gb")], [FP16, FP32], ("ideal",)))) == 2


def test_a_row_alone_is_described(zoo) -> None:
    subject = Subject("resnet18", "resnet18", {1: zoo.graph("resnet18")})
    (found,) = compare([subject], Grid([profile("h100-sxm5-80gb")], [FP32], ("eager",)))
    assert len(reasons(found.candidates)) == 1
    assert not any(found.best.values())
