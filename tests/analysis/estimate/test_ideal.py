"""`ideal` is the bound: on a device no mode moves fewer bytes or takes less time."""

import pytest

from graphperf.analysis.estimate import Question, on_device
from graphperf.analysis.fusion import modes_of
from graphperf.analysis.graph import Graph
from graphperf.analysis.numerics import parse_numerics, runs_in
from graphperf.analysis.study.plans import Plans
from graphperf.hardware_profiles import profile

MODELS = ["resnet18", "mobilenet_v2", "shufflenet_v2_x1_0", "squeezenet1_1", "vit_b_16", "regnet_x_1_6gf"]
DEVICES = ["h100-sxm5-80gb", "jetson-nano-4gb", "i7-12700k", "tpu-v4", "kpu-t256", "hailo-8"]
ROUNDING = 1 + 1e-9


def below_ideal(graph: Graph, device_name: str) -> list[str]:
    """The modes and precisions that come out below the bound."""
    device, plans = profile(device_name), Plans(graph)
    found: list[str] = []
    for numerics in filter(lambda n: runs_in(device, n), map(parse_numerics, ("fp32", "fp16", "int8", "amp"))):
        figures: dict[str, tuple[float, float]] = {}
        for mode in modes_of(device.kind):
            question = Question(device, numerics, mode)
            plan = plans.of(question)
            moved = float(plan.kernels(question.storage).bytes.sum())
            figures[mode] = moved, on_device(plan, question).latency.value
        bound = figures["ideal"]
        found += [
            f"{numerics.value} {mode}: {seconds / bound[1]:.4f} of the time, {moved / bound[0]:.4f} of the bytes"
            for mode, (moved, seconds) in figures.items()
            if moved * ROUNDING < bound[0] or seconds * ROUNDING < bound[1]
        ]
    return found


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("model", [MODELS[0], *(pytest.param(model, marks=pytest.mark.slow) for model in MODELS[1:])])
def test_no_mode_is_below_ideal(zoo, model: str, device: str) -> None:
    assert not below_ideal(zoo.graph(model), device)
