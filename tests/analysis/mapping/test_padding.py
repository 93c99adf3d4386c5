"""What is filled with padding does no useful work."""

import pytest

from graphperf.analysis.costs import Gemm
from graphperf.analysis.estimate import Question, evaluate
from graphperf.analysis.mapping import Kernel, map_kernel
from graphperf.hardware_profiles import Precision, profile

H100 = profile("h100-sxm5-80gb")


def product(n: int) -> Kernel:
    gemm = Gemm(1, 65536, n, 1024)
    return Kernel("matmul", "linear", 2.0 * gemm.macs, gemm.macs, gemm.m * n, 1e6, 1e6, gemm)


@pytest.mark.parametrize(
    ("device", "precision", "columns"),
    [("h100-sxm5-80gb", "fp16", 128), ("rtx-3090", "tf32", 128), ("tpu-v4", "bf16", 128), ("kpu-t256", "int8", 120)],
)
def test_columns_that_are_padded_are_not_filled(device: str, precision: str, columns: int) -> None:
    exact, padded = (map_kernel(product(n), profile(device), Precision(precision)) for n in (columns, 113))
    assert (padded.fill, padded.tile) == (exact.fill, exact.tile)
    assert padded.utilization == pytest.approx(exact.utilization * 113 / columns)


@pytest.mark.parametrize(("channels", "most"), [(3, 3 / 8), (8, 1.0)])
def test_a_model_is_filled_as_far_as_its_channels_are(sketch, channels: int, most: float) -> None:
    given = {"input": sketch.tensor(64, channels, 224, 224), "weight": sketch.weight(64, channels, 3, 3)}
    graph = sketch.graph(sketch.add("conv2d", given, (64, 64, 224, 224), groups=1))
    found = evaluate(graph, Question(H100, Precision.FP16, "compiled")).utilization
    assert 0.9 * most < found <= most
