"""The building blocks: work as derived by hand and as PyTorch counts it, the lessons that they are for."""

import importlib.util
import re
from pathlib import Path

import pytest

from graphperf.analysis.capture import PoolCapturer
from graphperf.analysis.discovery import FileTarget
from graphperf.analysis.estimate import Evaluation
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options
from graphperf.analysis.what_if import WhatIf
from graphperf.hardware_profiles import Precision

EXAMPLES = Path(__file__).parents[2] / "examples"
BLOCKS = EXAMPLES / "blocks"
# MACs at batch 1 and parameters.
WORK = {
    "mlp": (784 * 4096 + 4096 * 4096 + 4096 * 10, 785 * 4096 + 4097 * 4096 + 4097 * 10),
    "conv_stack": (
        224**2 * 64 * 3 * 9 + 112**2 * 128 * 64 * 9 + 56**2 * 256 * 128 * 9,
        64 * (3 * 9 + 1) + 128 * (64 * 9 + 1) + 256 * (128 * 9 + 1),
    ),
    "resnet_block": (2 * 56**2 * 64**2 * 9, 2 * (9 * 64**2 + 2 * 64)),
    "depthwise_separable": (56**2 * (9 * 128 + 128 * 256), 9 * 128 + 128 * 256),
    "attention_head": (3 * 4096 * 768 * 64 + 2 * 4096**2 * 64, 3 * (768 + 1) * 64),
    "transformer_layer": (12 * 512 * 768**2 + 2 * 512**2 * 768, 12 * 768**2 + 13 * 768),
}


@pytest.fixture
def block(capturer: PoolCapturer):
    """Analyses `examples/blocks/<name>.py`."""

    def block(name: str, hardware: str = "h100-sxm5-80gb", precision: str = "fp16", **options) -> Evaluation:
        given = Options(hardware=(hardware,), precision=Precision(precision), **options)
        analysis = analyze(FileTarget(BLOCKS / f"{name}.py"), given, capturer)
        assert not analysis.problems
        return analysis.results[0].evaluations[0]

    return block


def rows(evaluation: Evaluation) -> dict:
    """The kernels by the name of their first operator."""
    return {evaluation.graph.operators[min(e.subgraph.operators)].name: e for e in evaluation.subgraphs}


def test_every_block_is_here_and_in_the_readme() -> None:
    files = {path.stem for path in BLOCKS.glob("*.py")}
    assert files == set(WORK)
    shown = re.findall(
        r"^graphperf analyze examples/blocks/(\w+)\.py", (EXAMPLES / "README.md").read_text("utf-8"), re.M
    )
    assert shown == list(WORK)


@pytest.mark.parametrize("name", WORK)
def test_macs_and_parameters(block, name: str) -> None:
    macs, parameters = WORK[name]
    for batch in (1, 3):
        found = block(name, batch=batch)
        assert sum(cost.macs for cost in found.costs) == batch * macs
        assert found.graph.parameters == parameters
    text = (BLOCKS / f"{name}.py").read_text("utf-8")
    assert f"N · {macs:,}\n".replace(",", " ") in text
    assert f"= {parameters:,}\n".replace(",", " ") in text


@pytest.mark.parametrize("name", WORK)
def test_a_real_run_has_the_same_work(block, name: str) -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    graph = block(name).graph
    spec = importlib.util.spec_from_file_location(name, BLOCKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = getattr(module, graph.model)().eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(graph.inputs[0].shape))
    assert (counter.get_total_flops() / 2, sum(p.numel() for p in model.parameters())) == WORK[name]


def test_a_linear_layer_is_memory_bound_at_batch_1(block) -> None:
    alone, many = (rows(block("mlp", "i7-12700k", "fp32", batch=batch))["hidden"] for batch in (1, 512))
    assert (alone.bottleneck, many.bottleneck) == ("memory", "compute")
    assert alone.subgraph.bytes == 4 * (4096 * 4096 + 3 * 4096)


def test_half_the_resolution_and_twice_the_channels_are_as_much_work(block) -> None:
    found = block("conv_stack", "a100-sxm4-80gb", batch=32, mode="tensorrt")
    macs = {o.name: found.costs[o.id].macs for o in found.graph.operators}
    kernels = rows(found)
    assert macs["conv2"] == macs["conv3"] > 10 * macs["conv1"]
    assert kernels["conv2"].latency_s == pytest.approx(kernels["conv3"].latency_s, rel=0.2)
    assert kernels["conv1"].latency_s + kernels["pool"].latency_s > kernels["conv2"].latency_s


def test_folding_norms_saves_their_traffic_in_eager_mode_only(block) -> None:
    for mode, kernels, saved in (("eager", 2, 0.15), ("compiled", 0, None)):
        as_written = block("resnet_block", batch=64, mode=mode)
        folded = block("resnet_block", batch=64, mode=mode, what_if=frozenset({WhatIf.FOLD_BN}))
        assert len(as_written.subgraphs) - len(folded.subgraphs) == kernels
        less = 1 - folded.latency.value / as_written.latency.value
        assert less > saved if saved else less == pytest.approx(0, abs=0.02)
    assert len(block("resnet_block", batch=64, mode="tensorrt").subgraphs) == 2


def test_a_depthwise_convolution_waits_for_memory(block) -> None:
    kernels = rows(block("depthwise_separable", "rtx-4090", batch=32, mode="compiled"))
    depthwise, pointwise = kernels["depthwise"], kernels["pointwise"]
    assert (depthwise.bottleneck, pointwise.bottleneck) == ("memory", "compute")
    assert 0.5 < depthwise.latency_s / pointwise.latency_s < 0.8
    relus = [e.latency_s for name, e in kernels.items() if name.startswith("relu")]
    assert 0.4 < sum(relus) / sum(e.latency_s for e in kernels.values()) < 0.6


def test_scores_are_most_of_long_attention(block) -> None:
    found = block("attention_head")
    scores = [e for name, e in rows(found).items() if name not in ("query", "key", "value")]
    between = [e for name, e in rows(found).items() if name in ("mul", "softmax")]
    assert [e.bottleneck for e in between] == ["memory", "memory"]
    assert sum(e.edp_share for e in scores) > 0.7
    moved, small = sum(e.subgraph.bytes for e in scores), 4096 * 64
    assert moved == 2 * (6 * 4096**2 + 4 * small)


def test_linear_layers_are_most_of_a_short_transformer_layer(block) -> None:
    found = block("transformer_layer", batch=8, mode="compiled")
    linear = [e for name, e in rows(found).items() if name in ("qkv", "out", "up", "down")]
    assert len(linear) == 4
    assert sum(e.edp_share for e in linear) > 0.6
    attention = next(cost.macs for cost in found.costs if cost.family == "attention")
    assert attention * 9 == sum(cost.macs for cost in found.costs) - attention
