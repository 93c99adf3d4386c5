"""`compiled` against what `torch.compile` generates for a CPU: kernels by kind, model by model."""

from collections import Counter
from pathlib import Path

import pytest

from graphperf.analysis.capture import PoolCapturer, module_request
from graphperf.analysis.costs import Sizes, costs_of
from graphperf.analysis.discovery import FileTarget, ModuleTarget
from graphperf.analysis.fusion import partition, policy_for, with_fused_attention
from graphperf.analysis.graph import Graph
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options

torch = pytest.importorskip("torch")

from . import small_models  # noqa: E402

SMALL = ["Gpt", "Encoder", "Written", "WrittenOneHead", "Pools", "Router"]
TORCHVISION = [
    "resnet18", "mobilenet_v2", "efficientnet_b0", "googlenet", "squeezenet1_1", "shufflenet_v2_x1_0", "vit_b_16",
    "convnext_tiny", "densenet121", "swin_t",
]  # fmt: skip
EXTERN = ["convolution", "matmul", "attention", "library"]
# Long chains of residual additions: inductor writes some sums in a kernel of their own (realize_reads_threshold).
FUSED = 0.15
# Swin: windows are copies in another order. Inductor normalises and takes the softmax inside them, after a kernel for the
# statistics of the rows; here the norm is one kernel and the copy another.
KNOWN = {"swin_t": 0.45}


def counted(graph: Graph) -> Counter[str]:
    """Kernels by kind, as `inductor.kernels` names them."""
    policy = policy_for("compiled", "cpu")
    graph = with_fused_attention(graph, policy.attention)
    costs = costs_of(graph)
    kinds: Counter[str] = Counter()
    for kernel in partition(graph, costs, policy).subgraphs(Sizes(graph, 4.0)):
        families = {costs[o].family for o in kernel.operators if not graph.operators[o].view}
        extern = families & set(EXTERN)
        if families:
            kinds[extern.pop() if extern else "copy" if families == {"movement"} else "fused"] += 1
    return kinds


def assert_alike(ours: Counter[str], real: Counter[str], tolerance: float = FUSED) -> None:
    assert set(real) <= {*EXTERN, "fused", "copy"}
    assert {kind: ours[kind] for kind in EXTERN} == {kind: real[kind] for kind in EXTERN}
    assert ours["fused"] == pytest.approx(real["fused"], rel=tolerance)


def test_the_comparison_can_fail() -> None:
    with pytest.raises(AssertionError):
        assert_alike(Counter(matmul=3, fused=20), Counter(matmul=3, fused=24))
    with pytest.raises(AssertionError):
        assert_alike(Counter(matmul=3), Counter(matmul=2))


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_small_models(capturer: PoolCapturer, name: str) -> None:
    from . import inductor  # here: it takes three seconds, which other tests need not wait for

    analysis = analyze(FileTarget(Path(small_models.__file__), name), Options(), capturer)
    assert not analysis.problems
    graph = analysis.results[0].graph
    given = [torch.zeros(spec.shape, dtype=getattr(torch, spec.dtype)) for spec in graph.inputs]
    assert_alike(counted(graph), inductor.kernels(getattr(small_models, name)(), *given))


@pytest.mark.slow
@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision(capturer: PoolCapturer, name: str) -> None:
    from . import inductor

    models = pytest.importorskip("torchvision.models")
    options = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
    captured = capturer.capture(module_request(ModuleTarget("torchvision.models", name), (), (), "given", 1))
    assert captured.graph is not None, captured.error
    real = inductor.kernels(getattr(models, name)(**options), torch.zeros(1, 3, 224, 224))
    assert_alike(counted(captured.graph), real, KNOWN.get(name, FUSED))
