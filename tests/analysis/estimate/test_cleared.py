"""Pages that the system clears in eager runs on a CPU, followed on a heap and counted in real runs."""

import platform
import subprocess
import sys

import pytest

from graphperf.analysis.estimate import Question, estimate
from graphperf.analysis.estimate.cleared import cleared_bytes
from graphperf.analysis.estimate.plan import Plan
from graphperf.analysis.fusion import policy_for
from graphperf.analysis.what_if import WhatIf
from graphperf.hardware_profiles import Precision, profile

REAL = """
import resource, sys, torch, torchvision
torch.set_grad_enabled(False)
torch.set_num_threads(2)
model = getattr(torchvision.models, sys.argv[1])().eval()
x = torch.randn(int(sys.argv[2]), 3, 224, 224)
for _ in range(4):
    model(x)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    model(x)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 3 * resource.getpagesize())
"""


def cleared(zoo, name: str, batch: int) -> float:
    plan = Plan.of(zoo.graph(name, batch), policy_for("eager", "cpu"))
    found = cleared_bytes(plan.partition, Precision.FP32)
    assert found.min() >= 0
    return float(found.sum())


def test_small_runs_keep_what_they_have(zoo) -> None:
    assert cleared(zoo, "resnet18", 1) == 0
    assert cleared(zoo, "resnet18", 8) > 40e6


def test_eager_runs_are_followed_on_every_cpu(zoo) -> None:
    graph = zoo.graph("resnet18", 8)
    measured, without = profile("i7-12700k"), profile("epyc-7763")
    assert measured.cpu is not None
    assert without.cpu is not None
    assert ("fresh" in measured.cpu.bandwidths, "fresh" in without.cpu.bandwidths) == (True, False)
    for device in (measured, without):
        assert Question(device, Precision.FP32, "eager").is_followed
    for question in (
        Question(measured, Precision.FP32, "compiled"),
        Question(profile("t4-16gb"), Precision.FP32, "eager"),
    ):
        assert not question.is_followed
    plan = Plan.of(graph, policy_for("eager", "cpu"))
    assert (plan.kernels(Precision.FP32).cleared < 0).all()
    found = estimate(graph, Question(without, Precision.FP32, "eager"))
    assert found.allocations.cleared_bytes.sum() == plan.followed(Precision.FP32).cleared.sum() > 0


@pytest.mark.parametrize(("device", "rate"), [("i7-12700k", 20e9), ("epyc-7763", 64 * 1.6e9)])
def test_kept_pages_take_the_time_of_clearing_out(zoo, device: str, rate: float) -> None:
    graph = zoo.graph("resnet18", 8)
    usual, kept = (
        estimate(graph, Question(profile(device), Precision.FP32, "eager", what_if))
        for what_if in (frozenset(), frozenset({WhatIf.KEPT_PAGES}))
    )
    assert kept.allocations.cleared_bytes.sum() == 0
    spared = usual.allocations.memory_s - kept.allocations.memory_s
    assert spared.tolist() == pytest.approx((usual.allocations.cleared_bytes / rate).tolist(), abs=1e-12)
    assert kept.latency.value < usual.latency.value


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heap of glibc")
@pytest.mark.parametrize(("name", "batch"), [("mobilenet_v2", 8), ("resnet50", 8), ("resnet18", 1)])
def test_as_much_as_in_a_real_run(zoo, name: str, batch: int) -> None:
    ran = subprocess.run([sys.executable, "-c", REAL, name, str(batch)], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert cleared(zoo, name, batch) == pytest.approx(float(ran.stdout), rel=0.4, abs=2e6)
