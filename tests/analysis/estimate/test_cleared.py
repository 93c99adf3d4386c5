"""Pages that the system clears in eager runs on a CPU, followed on a heap and counted in real runs."""

import platform
import subprocess
import sys

import pytest

from graphperf.analysis.estimate import Question, estimate
from graphperf.analysis.estimate.cleared import cleared_bytes
from graphperf.analysis.estimate.plan import Plan
from graphperf.analysis.fusion import policy_for
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


def test_what_is_cleared_takes_time_where_that_was_measured(zoo) -> None:
    graph = zoo.graph("resnet18", 8)
    measured, without = profile("i7-12700k"), profile("epyc-7763")
    assert measured.cpu is not None
    assert without.cpu is not None
    assert ("fresh" in measured.cpu.bandwidths, "fresh" in without.cpu.bandwidths) == (True, False)
    plan = Plan.of(graph, policy_for("eager", "cpu"))
    for device, followed in ((measured, True), (without, False)):
        assert Question(device, Precision.FP32, "eager").is_followed is followed
    assert not Question(measured, Precision.FP32, "compiled").is_followed
    kernels = plan.followed(Precision.FP32)
    assert kernels.cleared.max() > 0
    assert (plan.kernels(Precision.FP32).cleared < 0).all()
    assert estimate(graph, Question(measured, Precision.FP32, "eager")).latency.value > 0


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heap of glibc")
@pytest.mark.parametrize(("name", "batch"), [("mobilenet_v2", 8), ("resnet50", 8), ("resnet18", 1)])
def test_as_much_as_in_a_real_run(zoo, name: str, batch: int) -> None:
    ran = subprocess.run([sys.executable, "-c", REAL, name, str(batch)], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert cleared(zoo, name, batch) == pytest.approx(float(ran.stdout), rel=0.4, abs=2e6)
