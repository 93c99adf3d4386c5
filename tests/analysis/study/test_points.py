"""Points of a grid: the same figures as `analyze` gives, in the grid's order."""

import pytest

from graphperf.analysis.estimate import Question, estimate, evaluate, on_device
from graphperf.analysis.fusion import MODES
from graphperf.analysis.numerics import parse_numerics
from graphperf.analysis.study import Grid, Subject, evaluate_points
from graphperf.analysis.study.plans import Plans
from graphperf.analysis.what_if import WhatIf
from graphperf.hardware_profiles import profile

DEVICES = [profile(name) for name in ("h100-sxm5-80gb", "v100-sxm2-32gb", "i7-12700k", "kpu-t64")]
PRECISIONS = [parse_numerics(name) for name in ("fp32", "fp16", "int8", "amp")]


def _subject(zoo, name, *batches):
    return Subject(name, f"torchvision.models:{name}", {batch: zoo.graph(name, batch) for batch in batches})


@pytest.mark.slow
@pytest.mark.parametrize(("model", "devices"), [("mobilenet_v2", DEVICES), ("vit_b_16", DEVICES[:1])])
def test_the_figures_are_those_of_an_evaluation(zoo, model, devices) -> None:
    grid = Grid(devices, PRECISIONS, MODES)
    points = evaluate_points([_subject(zoo, model, 2)], grid)
    assert len(points) == len(grid.questions())
    for point, question in zip(points, grid.questions(), strict=True):
        found = evaluate(zoo.graph(model, 2), question)
        assert (point.hardware, point.precision, point.mode) == (
            question.device.id,
            question.precision.value,
            question.mode,
        )
        assert (point.latency_s, point.energy_j) == pytest.approx((found.latency.value, found.energy.value), rel=1e-12)
        assert (point.latency_low_s, point.latency_high_s) == pytest.approx((found.latency.low, found.latency.high))
        assert point.peak_memory_bytes == pytest.approx(found.peak_memory_bytes, rel=1e-12)
        assert point.utilization == pytest.approx(found.utilization)
        assert point.macs == sum(cost.macs for cost in found.costs)
        assert point.flops == sum(cost.flops for cost in found.costs)
        assert point.launch_share + point.memory_share + point.compute_share == pytest.approx(1)
        assert point.energy_compute_j + point.energy_memory_j + point.energy_static_j == pytest.approx(point.energy_j)
        assert point.power_w == pytest.approx(point.energy_j / point.latency_s)
        assert point.throughput_per_s == pytest.approx(2 / point.latency_s)
        assert point.base_latency_s is None


def test_a_mode_that_a_device_does_not_have_is_skipped_with_a_reason() -> None:
    devices = [profile("h100-sxm5-80gb"), profile("tpu-v4")]
    grid = Grid(devices, [parse_numerics("bf16")], ("tensorrt", "xla"))
    assert [(q.device.id, q.mode) for q in grid.questions()] == [("h100-sxm5-80gb", "tensorrt"), ("tpu-v4", "xla")]
    assert [(entry.hardware, entry.choice) for entry in grid.skipped()] == [
        ("h100-sxm5-80gb", "xla"),
        ("tpu-v4", "tensorrt"),
    ]
    assert "no mode of Google TPU v4; it has eager, compiled, ideal, xla" in [entry.reason for entry in grid.skipped()]


def test_what_is_folded_and_cast_at_run_time_has_plans_of_its_own(zoo) -> None:
    graph = zoo.graph("resnet18")
    plans, device = Plans(graph), profile("h100-sxm5-80gb")
    for precision in (parse_numerics("fp16"), parse_numerics("amp")):
        for mode in ("eager", "tensorrt"):
            for what_if in (frozenset(), frozenset({WhatIf.FOLD_BN})):
                question = Question(device, precision, mode, what_if)
                assert on_device(plans.of(question), question).latency == estimate(graph, question).latency


@pytest.mark.slow
def test_points_come_in_the_order_of_the_lists_with_one_process_and_with_two(zoo) -> None:
    subjects = [_subject(zoo, "resnet18", 1, 2), _subject(zoo, "mobilenet_v2", 1)]
    grid = Grid(DEVICES[:2], PRECISIONS[:2], ("compiled", "eager"), (1, 2))
    done = []
    points = evaluate_points(subjects, grid, advance=done.append)
    assert done == [8, 8, 8]
    order = [(p.model, p.hardware, p.precision, p.mode, p.batch) for p in points]
    expected = [
        (subject.name, device.id, precision.value, mode, batch)
        for subject in subjects
        for device in grid.devices
        for precision in grid.precisions
        for mode in grid.modes
        for batch in subject.graphs
    ]
    assert order == expected
    assert evaluate_points(subjects, grid, jobs=2) == points


def test_what_a_device_cannot_do_is_skipped_with_a_reason() -> None:
    grid = Grid(DEVICES, PRECISIONS, ("eager",))
    asked = {(question.device.id, question.precision.value) for question in grid.questions()}
    skipped = {(entry.hardware, entry.choice): entry.reason for entry in grid.skipped()}
    assert not asked & set(skipped)
    assert len(asked) + len(skipped) == len(DEVICES) * len(PRECISIONS)
    assert skipped["i7-12700k", "fp16"].startswith("does not compute in fp16; it does in fp64, fp32")
    assert skipped["i7-12700k", "amp"].startswith("does not compute in amp")


def test_what_does_not_fit_is_marked(zoo) -> None:
    grid = Grid([profile("kpu-t64"), profile("h100-sxm5-80gb")], [parse_numerics("int8")], ("eager",))
    graph = zoo.graph("vgg16", 64)
    small, large = evaluate_points([Subject("vgg16", "", {64: graph})], grid)
    assert (small.fits, large.fits) == (small.peak_memory_bytes <= small.capacity_bytes, True)
    tiny = DEVICES[0].memory.dram_size.model_copy(update={"value": 0.1})
    device = DEVICES[0].model_copy(update={"memory": DEVICES[0].memory.model_copy(update={"dram_size": tiny})})
    (point,) = evaluate_points(
        [Subject("vgg16", "", {64: graph})], Grid([device], [parse_numerics("int8")], ("eager",))
    )
    assert (point.fits, point.capacity_bytes) == (False, 1e8)


def test_a_change_is_shown_against_the_same_without_it(zoo) -> None:
    grid = Grid(DEVICES[:1], PRECISIONS[1:2], ("eager",), what_if=frozenset({WhatIf.CUDA_GRAPHS}))
    (point,) = evaluate_points([_subject(zoo, "resnet18", 1)], grid)
    base = evaluate(zoo.graph("resnet18"), Question(DEVICES[0], PRECISIONS[1], "eager"))
    assert point.what_if == "cuda-graphs"
    assert (point.base_latency_s, point.base_energy_j) == pytest.approx((base.latency.value, base.energy.value))
    assert point.base_edp_js == pytest.approx(base.edp)
    assert point.latency_s < 0.5 * base.latency.value


def test_plans_are_shared_where_nothing_differs(zoo) -> None:
    plans = Plans(zoo.graph("vit_b_16"))
    h100, v100, cpu = (profile(name) for name in ("h100-sxm5-80gb", "v100-sxm2-32gb", "i7-12700k"))
    fp64, fp32, fp16, amp = (parse_numerics(name) for name in ("fp64", "fp32", "fp16", "amp"))
    plan = plans.of(Question(h100, fp32, "eager"))
    for device, precision in ((v100, fp32), (h100, fp16), (cpu, fp32), (cpu, fp64)):
        assert plans.of(Question(device, precision, "eager")) is plan
    assert plans.of(Question(h100, fp64, "eager")) is not plan, "attention writes its scores to memory"
    assert plans.of(Question(h100, amp, "eager")) is not plan
    assert plans.of(Question(h100, fp32, "ideal")) is not plan
