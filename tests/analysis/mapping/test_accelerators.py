"""How kernels fill TPUs, KPUs and NPUs."""

from math import ceil

import numpy as np
import pytest

from graphperf.analysis.constants import constant
from graphperf.analysis.costs import Gemm
from graphperf.analysis.estimate import Question, evaluate
from graphperf.analysis.mapping import Kernel, Kernels, map_kernel, map_kernels
from graphperf.analysis.mapping.memory import held_share
from graphperf.analysis.study.plans import Plans
from graphperf.hardware_profiles import Precision, profile

TPU, KPU, CORAL = profile("tpu-v4"), profile("kpu-t256"), profile("coral-edge-tpu")


def matmul(m: int, n: int, k: int, batch: int = 1, width: float = 2.0) -> Kernel:
    gemm = Gemm(batch, m, n, k)
    activations = width * batch * (m * k + m * n)
    data = activations + width * batch * k * n
    return Kernel("matmul", "linear", 2 * gemm.macs, gemm.macs, batch * m * n, data, activations, gemm,
                  operators=(("linear", "matmul"),))  # fmt: skip


def pointwise(elements: int, kind: str = "relu") -> Kernel:
    return Kernel("pointwise", kind, elements, 0, elements, 2.0 * elements, 2.0 * elements, None,
                  operators=((kind, "pointwise"),))  # fmt: skip


def test_a_systolic_array_streams_the_rows_through_each_tile_of_weights() -> None:
    found = map_kernel(matmul(4096, 1024, 512), TPU, Precision.BF16)
    assert found.tile == (128, 128)
    assert (found.units, found.tiles, found.waves) == (8, 4 * 8, 4)
    cycles = 4 * 4096 + 2 * 128
    clock = 275e12 / (8 * 2 * 128 * 128)
    assert found.compute_s == pytest.approx(cycles / (clock * 0.85))
    assert found.alignment == 1
    assert found.fill == 1


@pytest.mark.parametrize(("m", "n", "k"), [(4096, 130, 512), (4096, 1024, 129), (9, 1024, 512)])
def test_what_is_no_multiple_of_the_array_is_padded(m: int, n: int, k: int) -> None:
    found = map_kernel(matmul(m, n, k), TPU, Precision.BF16)
    padded = ceil(m / 8) * 8 * ceil(n / 128) * 128 * ceil(k / 128) * 128
    assert found.alignment == pytest.approx(m * n * k / padded)


def test_few_tiles_share_the_rows_and_few_rows_wait_for_the_weights() -> None:
    split = map_kernel(matmul(4096, 128, 128), TPU, Precision.BF16)
    assert (split.tiles, split.units_used) == (8, 8)
    one_row, many_rows = (map_kernel(matmul(m, 4096, 4096), TPU, Precision.BF16) for m in (1, 128))
    assert one_row.compute_s == pytest.approx(many_rows.compute_s)


def test_a_block_of_a_tile_fits_its_scratchpad() -> None:
    for m, n, k in ((4096, 4096, 4096), (100, 64, 576), (20, 20, 9)):
        found = map_kernel(matmul(m, n, k, width=1.0), KPU, Precision.INT8)
        assert found.tile is not None
        rows, columns = found.tile
        assert rows % 20 == 0
        assert columns % 20 == 0
        assert rows * columns * 4 + 2 * (rows + columns) * min(k, constant("kpu", "slice")) <= 256 * 1024
        assert found.tiles == ceil(m / rows) * ceil(n / columns)
        assert found.waves == ceil(found.tiles / found.units)


def test_only_the_tiles_of_the_precision_work() -> None:
    assert map_kernel(matmul(4096, 4096, 64), KPU, Precision.INT8).units == 256
    assert map_kernel(matmul(4096, 4096, 64), KPU, Precision.FP32).units == 51


def test_weights_stream_where_the_model_does_not_fit_the_chip() -> None:
    """One layer of 10 MB beside 10 MB of others, or beside 200 MB."""
    layer = matmul(64, 2500, 4000, width=1.0)
    few, many = (
        map_kernels(Kernels.of([layer, matmul(64, 1000 * others, 10000, width=1.0)]), KPU, [Precision.INT8] * 2)
        for others in (1, 20)
    )
    assert few[0].dram_bytes < 1e6
    kept = 0.5 * 64 * 2**20 / 210e6
    streamed = 10e6 * (1 - kept) + 64 * 6500
    assert many[0].dram_bytes == pytest.approx(streamed**2 / (streamed + 32 * 2**20), rel=0.01)
    assert many[0].memory_s >= few[0].memory_s


def test_a_memory_keeps_what_fits() -> None:
    assert held_share(10, 20) == 1
    assert held_share(40, 20) == 0.5
    assert held_share(0, 20) == 1


def test_weights_beyond_an_npus_memory_stream_in_every_run() -> None:
    """Of twice what its SRAM keeps, half is read from outside."""
    assert CORAL.npu is not None
    assert CORAL.npu.sram is not None
    kept = constant("npu", "weight_share") * CORAL.npu.sram.si
    layer = matmul(1, 1024, int(kept / 1024), width=1.0)
    found = map_kernels(Kernels.of([layer, layer]), CORAL, [Precision.INT8] * 2)
    weights = 2 * (layer.bytes - layer.bytes_activations)
    assert sum(found.dram_bytes) == pytest.approx(weights - kept)
    assert sum(found.memory_s) > (weights - kept) / CORAL.memory.dram_bandwidth.si


def test_operators_that_an_npu_lacks_run_on_its_fallback() -> None:
    work = [matmul(196, 512, 512, width=1.0), pointwise(10**5), pointwise(10**5, "gelu")]
    found = map_kernels(Kernels.of(work), CORAL, [Precision.INT8] * 3)
    assert [allocation.fallback for allocation in found] == [False, False, True]
    assert found[2].units_used == 0
    assert CORAL.npu is not None
    crossing = 2e5 / CORAL.npu.host_link.si
    assert found[2].memory_s == pytest.approx(2e5 / CORAL.npu.fallback.bandwidth.si + crossing)


@pytest.mark.parametrize("mode", ["compiled", "ideal"])
def test_a_kernel_is_on_the_device_or_on_its_fallback(zoo, mode: str) -> None:
    """A ViT has norms and GELU that an Edge TPU does not run: the operands of each cross the link."""
    found = evaluate(zoo.graph("vit_b_16"), Question(CORAL, Precision.INT8, mode))  # pyright: ignore[reportArgumentType]
    assert CORAL.npu is not None
    away = [part for part in found.subgraphs if part.allocation.fallback]
    kinds = {kind for part in away for kind, _ in part.kernel.operators}
    assert {"layer_norm", "gelu"} <= kinds
    assert not any(CORAL.npu.runs(kind, family) for part in away for kind, family in part.kernel.operators)
    assert all(part.allocation.units_used == 0 for part in away)
    link, memory = CORAL.npu.host_link.si, CORAL.npu.fallback.bandwidth.si
    for part in away:
        crossing = part.subgraph.bytes_activations / link
        assert part.allocation.memory_s == pytest.approx(part.subgraph.bytes_moved / memory + crossing)


def test_plans_depend_on_what_the_device_runs(zoo) -> None:
    """One model on two devices with one compiler's rules: each is cut as if it were asked about alone."""
    plans = Plans(zoo.graph("vit_b_16"))
    for device in (CORAL, profile("hailo-8")):
        question = Question(device, Precision.INT8, "compiled")
        alone = evaluate(zoo.graph("vit_b_16"), question)
        assert plans.of(question).subgraphs(Precision.INT8) == tuple(part.subgraph for part in alone.subgraphs)


@pytest.mark.parametrize("device", ["tpu-v3", "tpu-v5e", "kpu-t64", "kpu-t768", "hailo-8", "jetson-agx-orin-dla"])
def test_whole_models(zoo, device: str) -> None:
    precision = Precision.INT8 if profile(device).supports(Precision.INT8) else Precision.BF16
    for name in ("resnet18", "mobilenet_v2", "vit_b_16"):
        found = evaluate(zoo.graph(name), Question(profile(device), precision, "compiled"))
        columns = found.totals.allocations
        peak = profile(device).peak_flops(precision, matrix=True)
        assert peak is not None
        assert all(np.isfinite(column).all() for column in (columns.compute_s, columns.memory_s, columns.fill))
        assert (columns.fill <= 1).all()
        assert found.latency.value > 2 * sum(cost.macs for cost in found.costs) / peak
        assert sum(part.edp_share for part in found.subgraphs) == pytest.approx(1)


def test_an_accelerator_starts_a_model_once(zoo) -> None:
    """`eager` too means what its compiler makes of the model."""
    eager, compiled, ideal = (
        evaluate(zoo.graph("resnet18"), Question(TPU, Precision.BF16, mode)) for mode in ("eager", "compiled", "ideal")
    )
    start = TPU.launch.eager_dispatch.si
    device_s = compiled.latency.value - compiled.totals.times.host_s.sum()
    assert 0 < compiled.totals.times.host_s.sum() <= start
    # Each kernel has a part of the start by the time it takes.
    shares = compiled.totals.times.host_s / compiled.totals.times.device_s
    assert shares[shares > 0] == pytest.approx(compiled.totals.times.host_s.sum() / device_s)
    assert sum(ideal.totals.times.host_s) == 0
    assert eager.latency.value == compiled.latency.value < 1e-3
