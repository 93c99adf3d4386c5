"""The casts and types of a transformed graph are those of a real run under `torch.autocast`, operator by operator."""

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from graphperf.analysis.autocast import with_casts
from graphperf.analysis.autocast.policy import base_name
from graphperf.analysis.capture import PoolCapturer, module_request
from graphperf.analysis.discovery import FileTarget, ModuleTarget
from graphperf.analysis.graph import Graph
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options

torch = pytest.importorskip("torch")

from . import real_run, small_models  # noqa: E402

SMALL = ["Convolutional", "EncoderDecoder", "Gpt", "Bert", "Unet", "Rotary", "Policies"]
TORCHVISION = [
    "resnet50", "mobilenet_v3_large", "efficientnet_b0", "vit_b_16", "swin_t", "swin_v2_t", "densenet121",
    "convnext_tiny", "maxvit_t", "shufflenet_v2_x1_0",
]  # fmt: skip


def rows(graph: Graph, lower: str) -> list[real_run.Row]:
    """The transformed graph as a list of what runs; a result shown in several shapes is one."""
    found: list[real_run.Row] = []
    cast = with_casts(graph, lower)
    for operator in cast.operators:
        if not operator.view:
            written = {cast.tensors[t].storage: cast.tensors[t].dtype for t in reversed(operator.outputs)}
            reads = tuple(cast.tensors[t].dtype for t in operator.inputs)
            found.append((base_name(operator), reads, tuple(reversed(written.values()))))
    return real_run.plain(found)


def real_rows(graph: Graph, model: Callable, lower: str) -> list[real_run.Row]:
    inputs = [(spec.shape, spec.dtype) for spec in graph.inputs]
    return real_run.plain(real_run.run(model, *inputs, lower=lower))


@pytest.mark.parametrize("lower", ["float16", pytest.param("bfloat16", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SMALL)
def test_small_models(capturer: PoolCapturer, name: str, lower: str) -> None:
    analysis = analyze(FileTarget(Path(small_models.__file__), name), Options(), capturer)
    assert not analysis.problems
    graph = analysis.results[0].graph
    assert rows(graph, lower) == real_rows(graph, getattr(small_models, name), lower)


@pytest.mark.slow
def test_segmentation(capturer: PoolCapturer) -> None:
    test_small_models(capturer, "Segmentation", "float16")


@pytest.mark.slow
@pytest.mark.parametrize("lower", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision_models(capturer: PoolCapturer, name: str, lower: str) -> None:
    factory = getattr(importlib.import_module("torchvision.models"), name)
    captured = capturer.capture(module_request(ModuleTarget("torchvision.models", name), (), (), "given", 1))
    assert captured.graph is not None, captured.error
    assert rows(captured.graph, lower) == real_rows(captured.graph, factory, lower)
