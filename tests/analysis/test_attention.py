"""Which kernel attention runs, after PyTorch's rules, and what the math path moves."""

import pytest

from graphperf.analysis.attention import with_attention
from graphperf.analysis.costs import cost_of
from graphperf.analysis.graph import Graph
from graphperf.analysis.numerics import Autocast, Numerics
from graphperf.hardware_profiles import Precision, profile

A100, H100, I7 = "a100-sxm4-80gb", "h100-sxm5-80gb", "i7-12700k"
SQUARE = (2, 4, 16, 64)


def algorithm(graph: Graph, device: str = A100, numerics: Numerics = Precision.FP16) -> object:
    return with_attention(graph, profile(device), numerics).operators[-1].attribute("algorithm")


def call(sketch, *shapes: tuple[int, ...], mask: bool = False, **attributes: object) -> Graph:
    query, key, value = shapes if len(shapes) == 3 else shapes * 3
    inputs = {
        name: sketch.tensor(*shape) for name, shape in zip(("query", "key", "value"), (query, key, value), strict=True)
    }
    if mask:
        inputs["attn_mask"] = sketch.tensor(query[-2], key[-2])
    out = sketch.add("scaled_dot_product_attention", inputs, (*query[:-1], value[-1]), **attributes)
    return sketch.graph(out)


@pytest.mark.parametrize(
    ("device", "numerics", "expected"),
    [
        (A100, Precision.FP16, "flash"),
        (A100, Precision.BF16, "flash"),
        (A100, Precision.FP32, "memory-efficient: float32"),
        (A100, Precision.TF32, "memory-efficient: float32"),
        (A100, Precision.FP64, "math: float64"),
        (A100, Precision.INT8, None),
        (H100, Precision.FP16, "cudnn"),
        (H100, Precision.FP32, "memory-efficient: float32"),
        (I7, Precision.FP32, None),
    ],
)
def test_by_device_and_type(sketch, device: str, numerics: Precision, expected: str | None) -> None:
    assert algorithm(call(sketch, SQUARE), device, numerics) == expected


@pytest.mark.parametrize(
    ("shapes", "options", "expected"),
    [
        ([SQUARE], {"mask": True}, "memory-efficient: a mask"),
        ([SQUARE], {"is_causal": True}, "flash"),
        ([SQUARE, (2, 4, 8, 64), (2, 4, 8, 64)], {}, "flash"),
        ([SQUARE, (2, 4, 8, 64), (2, 4, 8, 64)], {"is_causal": True}, "memory-efficient: causal with sequences of two lengths"),
        ([(2, 4, 16, 320)], {}, "memory-efficient: heads of 320"),
        ([(2, 4, 16, 30)], {}, "flash"),
        ([(2, 4, 16, 30)], {"mask": True}, "math: heads of 30, no multiple of 8"),
        ([SQUARE, SQUARE, (2, 4, 16, 32)], {}, "memory-efficient: heads of 32 and 64"),
        ([(8, 16, 64)], {}, "math: 3 dimensions, 4 are needed"),
    ],
)  # fmt: skip
def test_by_shape_and_mask(sketch, shapes: list, options: dict, expected: str) -> None:
    assert algorithm(call(sketch, *shapes, **options)) == expected


@pytest.mark.parametrize(("numerics", "width"), [(Precision.FP32, 1), (Precision.FP16, 2), (Autocast.FP16, 1)])
def test_the_math_path_moves_the_scores(sketch, numerics: Numerics, width: int) -> None:
    """Two passes over 8 × 16 × 16 scores, in FP32 whatever the query is in. (Under autocast the query is cast before.)"""
    graph = call(sketch, (8, 16, 64))
    fused = cost_of(graph.operators[-1], graph)
    decided = with_attention(graph, profile(A100), numerics)
    math = cost_of(decided.operators[-1], decided)
    scores = 8 * 16 * 16
    assert sum(math.reads.values()) - sum(fused.reads.values()) == 2 * width * scores
    assert sum(math.writes.values()) - sum(fused.writes.values()) == 2 * width * scores
    assert (math.flops, math.macs) == (fused.flops, fused.macs)


def test_the_report_names_it(write) -> None:
    from graphperf.analysis.report.json_report import report_file

    net = write("""
        class Net(nn.Module):
            def forward(self, x):
                return F.scaled_dot_product_attention(x, x, x)
    """, inputs=(((2, 4, 16, 64), "float32"),), precision=Autocast.FP16)  # fmt: skip
    (report,) = report_file([net.analysis]).reports
    operators = [(o.kind, o.algorithm) for part in report.subgraphs for o in part.operators]
    assert operators == [("cast", None)] * 3 + [("scaled_dot_product_attention", "cudnn")]
    assert (report.precision, [part.precision for part in report.subgraphs]) == ("amp", ["fp32"] * 3 + ["fp16"])
