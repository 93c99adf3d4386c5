"""What fusion saves, and what runs side by side."""

import pytest

from graphperf.analysis.costs import costs_of
from graphperf.analysis.estimate import Question, estimate, evaluate
from graphperf.analysis.fusion import Mode, partition, policy_for
from graphperf.analysis.what_if import WhatIf
from graphperf.hardware_profiles import Precision, profile

H100 = profile("h100-sxm5-80gb")


@pytest.mark.parametrize("mode", ["compiled", "ideal", "tensorrt"])
def test_the_parts_of_the_kernels_sum_to_the_difference_of_two_estimates(zoo, mode: Mode) -> None:
    found = evaluate(zoo.graph("resnet18"), Question(H100, Precision.FP32, mode))
    saved = found.savings
    assert saved.seconds.sum() > 0
    assert saved.joules.sum() > 0
    apart = (found.latency.value + saved.seconds.sum()) * (found.energy.value + saved.joules.sum())
    assert saved.edp.sum() == pytest.approx(apart - found.edp)
    alone = [len(kernel.subgraph.operators) == 1 for kernel in found.subgraphs]
    if mode == "ideal":
        assert saved.seconds[alone].tolist() == pytest.approx([0.0] * sum(alone), abs=1e-15)


def test_without_fusion_nothing_is_saved(zoo) -> None:
    saved = evaluate(zoo.graph("resnet18"), Question(H100, Precision.FP16, "eager")).savings
    assert [float(abs(column).max()) for column in (saved.seconds, saved.joules, saved.edp)] == pytest.approx([0, 0, 0])


def test_kernels_of_one_stage_do_not_wait_for_each_other(zoo) -> None:
    for mode in ("eager", "compiled"):
        found = zoo.evaluation("googlenet", mode)
        stages = [kernel.stage for kernel in found.subgraphs]
        for operator in found.graph.operators:
            for before in found.graph.predecessors[operator.id]:
                kernels = found.home[before], found.home[operator.id]
                views = found.costs[before].family == "view" or found.costs[operator.id].family == "view"
                assert views or kernels[0] == kernels[1] or stages[kernels[0]] < stages[kernels[1]]
        assert max(stages.count(stage) for stage in set(stages)) >= 4


def test_streams_shorten_what_leaves_the_device_idle(zoo) -> None:
    def latency(model: str, *what_if: WhatIf, batch: int = 1, device=H100, mode: Mode = "compiled") -> float:
        asked = Question(device, Precision.FP16, mode, frozenset({WhatIf.CUDA_GRAPHS, *what_if}))
        return estimate(zoo.graph(model, batch), asked).latency.value

    assert latency("googlenet", WhatIf.STREAMS) < 0.95 * latency("googlenet")
    assert latency("mobilenet_v2", WhatIf.STREAMS) == pytest.approx(latency("mobilenet_v2"))
    bound = zoo.evaluation("googlenet", "compiled", precision="fp16").concurrency.bound_s
    assert latency("googlenet") / latency("googlenet", WhatIf.STREAMS) <= bound
    tpu = profile("tpu-v4")
    asked = [Question(tpu, Precision.BF16, "xla", frozenset(what_if)) for what_if in ((), (WhatIf.STREAMS,))]
    plain, streams = (estimate(zoo.graph("googlenet"), question).latency for question in asked)
    assert plain == streams


def test_a_kernel_around_another_has_the_later_stage(sketch) -> None:
    """A kernel that holds operators from before and after another one's is seen as one."""
    x = sketch.tensor(4, 8)
    a = sketch.add("relu", [x], (4, 8))
    b = sketch.add("mm", {"self": a, "mat2": sketch.weight(8, 8)}, (4, 8))
    c = sketch.add("exp", [x], (4, 8))
    d = sketch.add("add", [b, c], (4, 8))
    graph = sketch.graph(d)
    found = partition(graph, costs_of(graph), policy_for("compiled"))
    home = {operator: index for index, (group, _) in enumerate(found.members) for operator in group}
    assert found.stages[home[0]] < found.stages[home[1]] < found.stages[home[3]]
