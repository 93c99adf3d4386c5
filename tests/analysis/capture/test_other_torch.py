"""The same graphs under another PyTorch: `make test-torch TORCH=2.1.2` sets up an interpreter that has it."""

import os

import pytest

from graphperf.analysis.capture import AgentPool, module_request
from graphperf.analysis.costs import costs_of
from graphperf.analysis.discovery import ModuleTarget
from graphperf.analysis.estimate import Plan
from graphperf.analysis.fusion import policy_for
from graphperf.hardware_profiles import Precision

PYTHON = os.environ.get("GRAPHPERF_TEST_PYTHON", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="GRAPHPERF_TEST_PYTHON names no interpreter")
MODELS = [
    "resnet18", "mobilenet_v3_large", "efficientnet_b0", "vit_b_16", "swin_t", "convnext_tiny", "densenet121", "googlenet",
    "regnet_y_400mf", "maxvit_t", "shufflenet_v2_x1_0",
]  # fmt: skip


@pytest.fixture(scope="module")
def other():
    with AgentPool() as pool:
        yield pool.agent(PYTHON)


@pytest.mark.parametrize("name", MODELS)
def test_an_older_or_newer_torch_gives_the_same_work(zoo, other, name):
    captured = other.capture(module_request(ModuleTarget("torchvision.models", name), (), (), "given", 1))[1].result(
        120
    )
    assert captured.graph is not None, captured.error
    found, known = (costs_of(graph) for graph in (captured.graph, zoo.graph(name)))
    assert all(cost.modelled for cost in found)
    assert sum(cost.macs for cost in found) == sum(cost.macs for cost in known)
    assert captured.graph.parameters == zoo.graph(name).parameters
    peaks = [
        Plan.of(graph, policy_for("eager")).memory.peak(Precision.FP32) for graph in (captured.graph, zoo.graph(name))
    ]
    assert peaks[0] == pytest.approx(peaks[1], rel=0.01)
