"""Written-out attention replaced by one kernel: the same arithmetic, without the scores in memory."""

from dataclasses import replace
from pathlib import Path

import pytest

from graphperf.analysis.capture import PoolCapturer
from graphperf.analysis.costs import Sizes, costs_of
from graphperf.analysis.discovery import FileTarget
from graphperf.analysis.estimate import Question, as_run
from graphperf.analysis.fusion import partition, policy_for, with_fused_attention
from graphperf.analysis.numerics import parse_numerics
from graphperf.analysis.pipeline import analyze
from graphperf.analysis.settings import Options
from graphperf.hardware_profiles import profile

SHAPE, STORED, SCORES = (2, 4, 16, 8), (2, 16, 4, 8), (2, 4, 16, 16)
INDUCTOR = policy_for("compiled", "cpu").attention
TRITON = policy_for("compiled", "gpu").attention
TENSORRT = policy_for("tensorrt", "gpu").attention
FUSED = "scaled_dot_product_attention"


def operand(sketch, moved: bool) -> int:
    """A factor whose heads were moved before the sequence, or that was computed as it is."""
    stored = sketch.add("relu", [sketch.tensor(*(STORED if moved else SHAPE))], STORED if moved else SHAPE)
    return sketch.add("transpose", [stored], SHAPE, view=True, dim0=1, dim1=2) if moved else stored


def copied(sketch, tensor: int, copies: bool) -> int:
    return sketch.add("clone", [tensor], sketch.tensors[tensor].shape) if copies else tensor


def scores(sketch, *, moved: bool = False, copies: bool = False) -> int:
    query, key = operand(sketch, moved), operand(sketch, moved)
    turned = sketch.add("transpose", [key], (2, 4, 8, 16), view=True, dim0=-2, dim1=-1)
    return sketch.add("matmul", [copied(sketch, query, copies), copied(sketch, turned, copies)], SCORES)


def between(sketch, x: int, form: str) -> int:
    for step in form.split("+"):
        if step in ("mul", "div"):
            x = sketch.add(step, [x], SCORES, other=0.25)
        elif step != "none":
            x = sketch.add(step, [x, sketch.tensor(1, 1, 16, 16)], SCORES)
    return x


def weighted(sketch, x: int, *, moved: bool = False, copies: bool = False, dim: int = -1) -> int:
    weights = sketch.add("softmax", [x], SCORES, dim=dim)
    return sketch.add("matmul", [weights, copied(sketch, operand(sketch, moved), copies)], SHAPE)


def written(sketch, form: str, **layout: bool):
    return sketch.graph(weighted(sketch, between(sketch, scores(sketch, **layout), form), **layout))


def working(graph) -> list[str]:
    return [operator.kind for operator in graph.operators if not operator.view]


def macs(graph) -> int:
    return sum(cost.macs for cost in costs_of(graph))


@pytest.mark.parametrize("form", ["mul", "div", "div+add"])
def test_one_kernel_of_the_same_products(sketch, form: str) -> None:
    graph = written(sketch, form)
    fused = with_fused_attention(graph, INDUCTOR)
    assert working(fused) == ["relu", "relu", "relu", FUSED]
    assert macs(fused) == 2 * (2 * 4 * 16 * 16 * 8)
    assert [operator.source for operator in fused.operators] == [operator.source for operator in graph.operators]
    attention = fused.operators[-1]
    assert attention.input_names == ("query", "key", "value", "attn_mask")[: 4 if "add" in form else 3]
    kernels = partition(fused, costs_of(fused), policy_for("compiled", "cpu")).subgraphs(Sizes(fused, 4.0))
    (kernel,) = [kernel for kernel in kernels if FUSED in kernel.pattern]
    assert kernel.bytes == 4 * (4 * 2 * 4 * 16 * 8 + (16 * 16 if "add" in form else 0))


@pytest.mark.parametrize(("name", "fused"), [("Written", 3), ("WrittenOneHead", 0)])
def test_captured_models_keep_their_products(capturer: PoolCapturer, name: str, fused: int) -> None:
    target = FileTarget(Path(__file__).with_name("small_models.py"), name)
    graph = analyze(target, Options(), capturer).results[0].graph
    after = with_fused_attention(graph, INDUCTOR)
    assert working(after).count(FUSED) == fused
    assert macs(after) == macs(graph)
    # The first attention is scaled: its factors and its result are copied. The others are read where they lie.
    assert working(after).count("clone") == (4 if fused else 0)


@pytest.mark.parametrize(
    ("form", "layout", "fusing"),
    [
        ("mul", {}, {"cpu", "gpu"}),
        ("mul", {"copies": True}, {"cpu", "gpu"}),
        ("div", {"copies": True}, set()),
        ("div", {"copies": True, "moved": True}, {"cpu", "gpu"}),
        ("none", {}, {"tensorrt"}),
        ("none", {"moved": True}, {"cpu", "tensorrt"}),
        ("add", {"copies": True, "moved": True}, {"cpu", "tensorrt"}),
        ("masked_fill", {}, {"tensorrt"}),
        ("mul+add", {}, set()),
        ("div+masked_fill", {}, set()),
        ("add+mul", {}, set()),
    ],
)
def test_which_compiler_knows_which_form(sketch, form: str, layout: dict[str, bool], fusing: set[str]) -> None:
    graph = written(sketch, form, **layout)
    rules = {"cpu": INDUCTOR, "gpu": TRITON, "tensorrt": TENSORRT}
    assert {name for name, forms in rules.items() if FUSED in working(with_fused_attention(graph, forms))} == fusing


def test_copies_stay_where_the_compiler_makes_them_too(sketch) -> None:
    fused = with_fused_attention(written(sketch, "mul", copies=True), INDUCTOR)
    assert working(fused).count("clone") == 3
    attention = fused.operators[-1]
    assert [fused.tensors[t].shape for t in attention.inputs] == [SHAPE] * 3
    assert all(fused.operators[fused.producers[t]].kind == "clone" for t in attention.inputs)


def test_heads_that_were_moved_are_read_in_place_and_moved_back_for_nothing(sketch) -> None:
    result = weighted(sketch, between(sketch, scores(sketch, moved=True, copies=True), "div"), moved=True, copies=True)
    back = sketch.add("transpose", [result], STORED, view=True, dim0=1, dim1=2)
    graph = sketch.graph(sketch.add("clone", [back], STORED))
    strides = {tensor.id: (512, 8, 32, 1) for tensor in graph.tensors if tensor.shape == SHAPE}
    stored = (replace(tensor, strides=strides.get(tensor.id, tensor.strides)) for tensor in graph.tensors)
    fused = with_fused_attention(replace(graph, tensors=tuple(stored)), INDUCTOR)
    assert working(fused) == ["relu", "relu", "relu", FUSED]
    assert fused.tensors[graph.output_tensors[0]].storage == fused.tensors[result].storage


def test_scores_that_others_read_stay(sketch) -> None:
    x = between(sketch, scores(sketch), "mul")
    graph = sketch.graph(weighted(sketch, x), sketch.add("relu", [x], SCORES))
    assert with_fused_attention(graph, INDUCTOR) is graph


def test_scores_that_are_returned_stay(sketch) -> None:
    x = between(sketch, scores(sketch), "mul")
    graph = sketch.graph(weighted(sketch, x), x)
    assert with_fused_attention(graph, INDUCTOR) is graph


def test_a_softmax_over_another_dimension_stays(sketch) -> None:
    graph = sketch.graph(weighted(sketch, between(sketch, scores(sketch), "mul"), dim=2))
    assert with_fused_attention(graph, INDUCTOR) is graph


def test_a_key_that_is_not_transposed_stays(sketch) -> None:
    query, key = operand(sketch, False), sketch.tensor(2, 4, 8, 16)
    x = between(sketch, sketch.add("matmul", [query, key], SCORES), "mul")
    graph = sketch.graph(weighted(sketch, x))
    assert with_fused_attention(graph, INDUCTOR) is graph


def test_three_dimensions_stay(sketch) -> None:
    query, key, value = (sketch.tensor(8, 16, 8) for _ in range(3))
    turned = sketch.add("transpose", [key], (8, 8, 16), view=True, dim0=1, dim1=2)
    x = sketch.add("mul", [sketch.add("matmul", [query, turned], (8, 16, 16))], (8, 16, 16), other=0.25)
    weights = sketch.add("softmax", [x], (8, 16, 16), dim=-1)
    graph = sketch.graph(sketch.add("matmul", [weights, value], (8, 16, 8)))
    assert with_fused_attention(graph, INDUCTOR) is graph


@pytest.mark.parametrize(
    ("device", "mode", "precision", "kernel"),
    [
        ("h100-sxm5-80gb", "eager", "fp16", None),
        ("h100-sxm5-80gb", "compiled", "fp32", None),
        ("h100-sxm5-80gb", "compiled", "tf32", "memory-efficient: float32"),
        ("h100-sxm5-80gb", "compiled", "fp16", "cudnn"),
        ("a100-sxm4-80gb", "compiled", "amp", "flash"),
        ("h100-sxm5-80gb", "ideal", "fp16", "cudnn"),
    ],
)
def test_the_kernel_is_chosen_for_what_was_fused(sketch, device: str, mode, precision: str, kernel: str | None) -> None:
    question = Question(profile(device), parse_numerics(precision), mode)
    run = as_run(written(sketch, "mul"), question)
    assert [operator.attribute("algorithm") for operator in run.operators if operator.kind == FUSED] == (
        [] if kernel is None else [kernel]
    )
