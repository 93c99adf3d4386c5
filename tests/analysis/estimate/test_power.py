"""The power limit lowers the clock just as far as the average power stays at it."""

from dataclasses import replace

import pytest

from graphperf.analysis.estimate import Question
from graphperf.analysis.estimate.on_device import estimate
from graphperf.hardware_profiles import HardwareProfile, Precision, profile

T4 = profile("t4-16gb")


def with_tdp(device: HardwareProfile, watts: float) -> HardwareProfile:
    tdp = device.power.tdp.model_copy(update={"value": watts})
    return device.model_copy(update={"power": device.power.model_copy(update={"tdp": tdp})})


def test_a_board_of_70_watts_does_not_hold_its_clock_in_fp32(zoo) -> None:
    graph = zoo.graph("vit_b_16", batch=32)
    found = estimate(graph, Question(T4, Precision.FP32, "eager"))
    assert 0.3 < found.clock_share < 0.8
    assert found.energy.value / found.latency.value == pytest.approx(70)
    freed = estimate(graph, Question(with_tdp(T4, 500), Precision.FP32, "eager"))
    assert freed.clock_share == 1
    assert freed.latency.value < found.latency.value
    longer = found.times.seconds > freed.times.seconds * (1 + 1e-9)
    assert (longer <= found.times.computing).all()  # memory keeps its clock
    assert (freed.times.computing <= found.times.computing).all()


def test_less_power_is_never_faster(zoo) -> None:
    graph = zoo.graph("resnet18", batch=32)
    devices = [with_tdp(T4, watts) for watts in (30, 45, 70, 100, 200)]
    seconds = [estimate(graph, Question(device, Precision.FP32, "eager")).latency.value for device in devices]
    assert seconds == sorted(seconds, reverse=True)
    assert seconds[0] > seconds[-1]


def test_parts_sum_to_the_whole_under_the_limit(zoo) -> None:
    found = estimate(zoo.graph("vit_b_16", batch=32), Question(T4, Precision.FP32, "eager"))
    assert found.latency.value == pytest.approx(float(found.times.seconds.sum()))
    assert replace(found).energy.value == pytest.approx(float(found.energies.total.sum()))
