"""Checks for every model and expectations by family; each check is shown a broken evaluation that it must notice."""

from dataclasses import replace

import pytest

from graphperf.analysis.estimate import Interval, Question, evaluate
from graphperf.analysis.graph import Tensor
from graphperf.analysis.study import Subject
from graphperf.analysis.study.checks import family_checks, universal_checks
from graphperf.analysis.study.families import FIGURES, families, family_named, family_of
from graphperf.analysis.study.validate import validate
from graphperf.hardware_profiles import Precision, profile

H100 = Question(profile("h100-sxm5-80gb"), Precision.FP32, "eager")


def _with_kernel(found, **changes):
    first, *others = found.subgraphs
    return replace(found, subgraphs=(replace(first, **changes), *others))


def _with_subgraph(found, **changes):
    return _with_kernel(found, subgraph=replace(found.subgraphs[0].subgraph, **changes))


def _with_allocation(found, **changes):
    return _with_kernel(found, allocation=replace(found.subgraphs[0].allocation, **changes))


def _with_latency(found, interval):
    totals = replace(found.totals)
    totals.__dict__["latency"] = interval
    return replace(found, totals=totals)


def _without_activations(found):
    none = 0 * found.memory.alive_fixed
    return replace(found, memory=replace(found.memory, alive_fixed=none, alive_floats=none))


def _with_graph(found, **changes):
    return replace(found, graph=replace(found.graph, **changes))


BROKEN = {
    "shares": lambda found: replace(found, operator_shares=(0.5, *found.operator_shares[1:])),
    "sums": lambda found: replace(found, operator_seconds=(1.0, *found.operator_seconds[1:])),
    "partition": lambda found: _with_subgraph(found, operators=(0, 1)),
    "fused": lambda found: _with_subgraph(found, bytes_separate=1.0),
    "levels": lambda found: _with_allocation(found, dram_bytes=0.0, cache_bytes=0.0),
    "critical-path": lambda found: replace(found, concurrency=replace(found.concurrency, critical_path_s=1.0)),
    "arithmetic": lambda found: replace(found, costs=tuple(replace(cost, macs=0) for cost in found.costs)),
    "coverage": lambda found: replace(found, costs=(replace(found.costs[0], modelled=False), *found.costs[1:])),
    "ends": lambda found: _with_graph(found, output_tensors=()),
    "intervals": lambda found: _with_latency(found, Interval(2.0, 3.0, 4.0)),
    "memory": _without_activations,
    "utilization": lambda found: _with_allocation(found, fill=1.5),
    "roofline": lambda found: _with_allocation(found, compute_s=1e-12, memory_s=1e-12),
}


def test_nothing_is_wrong_with_a_real_model(zoo) -> None:
    for name in ("resnet18", "vit_b_16"):
        assert [c for c in universal_checks(zoo.evaluation(name)) if c.problem] == []


def test_an_algorithm_that_multiplies_less_may_beat_the_peak(zoo) -> None:
    """Winograd's: large FP32 convolutions of 3×3 on vector units."""
    found = zoo.evaluation("vgg16", device="gtx-1080-ti", batch=64)
    assert any(kernel.allocation.spared for kernel in found.subgraphs)
    assert [c for c in universal_checks(found) if c.problem] == []


def test_a_card_that_runs_above_the_clock_of_its_peaks_may_beat_them(zoo) -> None:
    found = zoo.evaluation("vgg16", device="rtx-4070", precision="fp16", mode="compiled", batch=64)
    assert found.question.device.efficiency.matrix.si > 1
    assert [c for c in universal_checks(found) if c.problem] == []


def test_a_fallback_is_not_held_to_the_peak_of_the_device(sketch) -> None:
    """The GPU beside a DLA multiplies three times as fast in FP16; the DLA runs no convolution in three dimensions."""
    inputs = {"input": sketch.tensor(8, 16, 16, 32, 32), "weight": sketch.weight(64, 16, 3, 3, 3)}
    graph = sketch.graph(sketch.add("conv3d", inputs, (8, 64, 14, 30, 30), groups=1))
    found = evaluate(graph, Question(profile("jetson-agx-orin-dla"), Precision.FP16, "compiled"))
    assert found.subgraphs[0].allocation.fallback
    assert [c for c in universal_checks(found) if c.name == "roofline" and c.problem] == []


@pytest.mark.parametrize("name", BROKEN)
def test_each_check_notices(zoo, name) -> None:
    found = BROKEN[name](replace(zoo.evaluation("resnet18")))
    assert name in {check.name for check in universal_checks(found) if check.problem}


def test_a_result_that_its_kernel_does_not_write(zoo) -> None:
    found = zoo.evaluation("resnet18")
    assert "bytes-conserved" in {check.name for check in universal_checks(found)}


def test_an_input_that_nothing_reads_and_an_output_from_nowhere(zoo) -> None:
    found = zoo.evaluation("resnet18")
    spare = Tensor(len(found.graph.tensors), (1,), "float32", (1,), 10**6, "activation")
    graph = found.graph
    odd = _with_graph(found, tensors=(*graph.tensors, spare), output_tensors=(spare.id,))
    assert [c.problem for c in universal_checks(odd) if c.name == "ends"] == ["1 of 1 outputs are not computed"]
    unread = _with_graph(found, tensors=(*graph.tensors, spare), input_tensors=(spare.id,))
    assert [c.problem for c in universal_checks(unread) if c.name == "ends"] == ["nothing reads the input x"]


def test_an_input_that_is_read_through_a_view(write) -> None:
    """`einsum` makes the views that it multiplies."""
    found = write("""
        # graphperf: input=(2, 10, 32)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.zeros(4, 32, 16))

            def forward(self, x):
                return torch.einsum("bnd,hdk->bhnk", x, self.weight)
    """)
    assert [c.problem for c in universal_checks(found.evaluation) if c.problem] == []


SIZES = {"efficientnet_b2": 288, "inception_v3": 299}


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n, family in families().items() if len(family.input) == 3])
def test_torchvisions_models_measure_as_published(capturer, name) -> None:
    from graphperf.analysis.discovery import ModuleTarget
    from graphperf.analysis.settings import Options
    from graphperf.analysis.study import subjects_of

    size = SIZES.get(name, 224)
    options = Options(inputs=(((1, 3, size, size), "float32"),))
    (subject,), _ = subjects_of(ModuleTarget("torchvision.models", name), (), options, capturer)
    found = validate(subject, [H100])
    assert found.family is families()[name]
    assert (found.failed, [check for check in found.expected if check.skipped]) == ((), [])


def test_a_model_outside_of_its_family_says_which_figure_and_by_how_much(zoo) -> None:
    found = validate(Subject("vgg16", "", {1: zoo.graph("vgg16")}), [H100], family_named("ResNet-18"))
    problems = {check.name: check.problem for check in found.failed}
    assert problems["parameters"] == "1.384e+08 is 1083.6 % above 1.16895e+07"
    assert problems["macs"] == "1.547e+10 is 728.2 % above 1.868e+09"


def test_another_input_leaves_out_what_depends_on_it(zoo) -> None:
    checks = list(family_checks(families()["efficientnet_b2"], zoo.evaluation("efficientnet_b0")))
    skipped = {check.name: check.skipped for check in checks if check.skipped}
    assert skipped["macs"] == "the input is 3×224×224 a sample, not 3×288×288"
    assert "parameters" not in skipped
    checks = list(family_checks(families()["resnet18"], zoo.evaluation("resnet18", batch=2)))
    assert {check.name: check.skipped for check in checks if check.skipped} == {
        "operators": "the batch is 2, not 1",
        "pointwise_traffic": "the batch is 2, not 1",
    }
    assert not any(check.problem for check in checks)


def test_what_is_wrong_is_said_with_its_place(zoo, monkeypatch) -> None:
    from graphperf.analysis.study import validate as module

    monkeypatch.setattr(module, "evaluate", lambda graph, question: BROKEN["ends"](zoo.evaluation("resnet18")))
    found = validate(Subject("net", "", {1: zoo.graph("resnet18")}), [H100])
    assert found.family is None or found.family.name == "resnet18"
    (failed,) = [check for check in found.failed if check.name == "ends"]
    assert failed.problem == "the model returns no tensor (h100-sxm5-80gb, fp32, eager)"


def test_families_are_complete_and_found_by_any_spelling() -> None:
    assert len(families()) >= 14
    for family in families().values():
        assert {"parameters", "macs"} <= set(family.ranges) <= set(FIGURES)
        assert all(0 <= expected.low <= expected.high and expected.source for expected in family.ranges.values())
        assert family_named(family.name.upper().replace("_", "-")) is family
    assert family_of(("Unheard", "GPT2")) is families()["gpt2"]
    assert family_of(("VGG16",)) is families()["vgg16"]
    assert family_of(("Unheard",)) is None
    with pytest.raises(ValueError, match=r"unknown family 'resnet19', choose from .*; did you mean resnet18"):
        family_named("resnet19")
