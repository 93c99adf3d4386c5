"""How a kernel fills a GPU: tiles, waves, padding, and the two levels of memory."""

from dataclasses import replace
from math import ceil

import numpy as np
import pytest

from graphperf.analysis.constants import constant, constant_of_family, constant_value
from graphperf.analysis.costs import Gemm
from graphperf.analysis.mapping import Kernel, map_kernel
from graphperf.analysis.mapping.gpu_memory import gpu_traffic
from graphperf.analysis.mapping.peaks import vector_peak
from graphperf.hardware_profiles import HardwareProfile, Precision, profile

H100 = profile("h100-sxm5-80gb")
SMS = 132


def matmul(m: int, n: int, k: int, batch: int = 1) -> Kernel:
    gemm = Gemm(batch, m, n, k)
    data = 4.0 * batch * (m * k + k * n + m * n)
    return Kernel("matmul", "matmul", 2 * gemm.macs, gemm.macs, batch * m * n, data, data, gemm)


def pointwise(elements: int) -> Kernel:
    return Kernel("pointwise", "relu", elements, 0, elements, 8.0 * elements, 8.0 * elements, None)


def depthwise(channels: int, positions: int, taps: int = 9) -> Kernel:
    gemm = Gemm(1, positions, 1, taps, taps, channels)
    return Kernel("convolution", "conv2d", 2 * gemm.macs, gemm.macs, channels * positions, 8.0 * channels * positions,
                  8.0 * channels * positions, gemm)  # fmt: skip


@pytest.mark.parametrize(
    ("elements", "tiles", "waves"), [(1, 1, 1), (1024, 1, 1), (1025, 2, 1), (10**6, 977, 1), (10**7, 9766, 10)]
)
def test_pointwise_work_is_cut_into_blocks(elements: int, tiles: int, waves: int) -> None:
    found = map_kernel(pointwise(elements), H100, Precision.FP32)
    assert (found.units, found.tiles, found.waves) == (SMS, tiles, waves)
    assert found.units_used == min(SMS, tiles)
    assert found.fill == pytest.approx(min(1.0, tiles / SMS))


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16])
@pytest.mark.parametrize(
    ("m", "n", "k", "batch"),
    [(16, 1000, 512, 1), (12544, 64, 147, 1), (49, 512, 4608, 1), (8192, 8192, 8192, 1), (197, 197, 64, 12)],
)
def test_the_invariants_of_a_tiled_kernel(m: int, n: int, k: int, batch: int, precision: Precision) -> None:
    found = map_kernel(matmul(m, n, k, batch), H100, precision)
    assert found.tile is not None
    if precision is Precision.FP16:
        assert list(found.tile) in constant_value("gpu", "tiles")
    whole = ceil(m / found.tile[0]) * ceil(n / found.tile[1]) * batch
    assert found.tiles % whole == 0
    assert found.waves == ceil(found.tiles / (SMS * found.resident))
    # A part of the last round's idle slots is filled by tiles of other stages.
    assert found.tiles / (ceil(found.tiles / SMS) * SMS) <= found.fill <= 1
    assert found.units_used == min(SMS, found.tiles)
    assert 0 < found.alignment <= 1
    fastest = 2 * m * n * k * batch / H100.peak_flops(precision, matrix=True)  # pyright: ignore[reportOperatorIssue]
    assert found.compute_s > fastest
    assert found.memory_s > 0


@pytest.mark.parametrize(("m", "n"), [(1, 8192), (8192, 1), (7, 4096)])
def test_a_matrix_vector_product_waits_for_its_matrix(m: int, n: int) -> None:
    found = map_kernel(matmul(m, n, 8192), H100, Precision.FP32)
    assert found.tile is None
    assert found.memory_s > found.compute_s


def test_a_wave_more_costs_a_step() -> None:
    """One more tile than SMs doubles the rounds; within a round more rows are free."""

    def seconds(tiles: int) -> float:
        found = map_kernel(matmul(256 * tiles, 128, 32), H100, Precision.FP16)
        return found.compute_s

    assert seconds(SMS + 1) > seconds(SMS)
    start = constant("gpu", "tile_start")
    assert seconds(8 * SMS) - start == pytest.approx(8 * (seconds(SMS) - start), rel=0.2)
    assert seconds(8 * SMS + 1) > seconds(8 * SMS)


def test_few_tiles_with_a_long_reduction_are_split() -> None:
    found = map_kernel(matmul(64, 64, 65536), H100, Precision.FP16)
    assert found.tiles > 4
    assert found.units_used > 64


@pytest.mark.parametrize(("n", "k", "alignment"), [(256, 256, 1.0), (250, 256, 250 / 256), (256, 250, 250 / 256)])
def test_sizes_that_are_no_multiple_of_eight_are_padded(n: int, k: int, alignment: float) -> None:
    found = map_kernel(matmul(8192, n, k), H100, Precision.FP16)
    assert found.alignment == pytest.approx(alignment, rel=1e-6)


def test_tensor_cores_only_where_they_take_the_precision() -> None:
    kernel = matmul(8192, 8192, 8192)
    fp16, tf32, fp32 = (map_kernel(kernel, H100, p).compute_s for p in (Precision.FP16, Precision.TF32, Precision.FP32))
    assert tf32 == pytest.approx(2 * fp16, rel=0.01)
    assert fp32 == pytest.approx(
        2 * kernel.macs / (66.9e12 * constant_of_family("gpu", "vector_matmul_rate", H100.family)), rel=0.05
    )


def test_matrix_cores_that_take_fp32_reach_their_own_share_of_it() -> None:
    mi210 = profile("mi210")
    reached = mi210.efficiency.matrix_fp32
    assert reached is not None
    product = matmul(13 * 1024, 8192, 8192)  # whole tiles on all 104 CUs
    steps = 1 + constant("gpu", "k_prologue_fp32") / 8192
    ideal = product.flops / (reached.si * mi210.compute.matrix[Precision.FP32].si)
    found = map_kernel(product, mi210, Precision.FP32)
    assert found.compute_s == pytest.approx(ideal * steps + constant("gpu", "tile_start"), rel=1e-3)
    short = map_kernel(matmul(13 * 1024, 8192, 64), mi210, Precision.FP32)
    half = map_kernel(matmul(13 * 1024, 8192, 64), mi210, Precision.FP16)
    # A step of FP32 has the bytes of two, so that the start of a tile counts fewer of them.
    assert found.compute_s / short.compute_s == pytest.approx((8192 + 40) / (64 + 40), rel=0.05)
    assert short.compute_s < 4 * half.compute_s


def test_single_products_on_vector_units_run_in_tiles() -> None:
    """As few rows as one tile take as long as a whole one; a long reduction is split where few tiles would leave SMs idle."""

    def seconds(m: int, n: int, k: int) -> float:
        return map_kernel(matmul(m, n, k), H100, Precision.FP32).compute_s

    assert seconds(97, 16384, 512) == seconds(128, 16384, 512) > seconds(96, 16384, 512)
    assert seconds(256, 256, 65536) < 3 * seconds(256, 256 * 132, 65536) / 132


@pytest.mark.parametrize(
    ("device", "rows", "columns"),
    [("a100-pcie-40gb", 128, 128), ("p100-pcie-16gb", 64, 128), ("v100-pcie-32gb", 64, 32)],
)
def test_batched_products_on_vector_units_pad_rows_and_columns_but_not_steps(
    device: str, rows: int, columns: int
) -> None:
    def seconds(m: int = 512, n: int = 512, k: int = 128) -> float:
        return map_kernel(matmul(m, n, k, 4096), profile(device), Precision.FP32).compute_s

    assert seconds(m=256) < seconds(m=256 + 8) == pytest.approx(seconds(m=256 + rows))
    assert seconds(n=256) < seconds(n=256 + 8) == pytest.approx(seconds(n=256 + columns))
    assert seconds(k=120) < seconds(k=128) < seconds(k=136)


@pytest.mark.parametrize("device", ["a100-pcie-80gb", "v100-pcie-32gb", "t4-16gb", "p100-pcie-16gb"])
def test_batched_products_of_whole_vectors_start_sooner(device: str) -> None:
    def seconds(n: int, k: int) -> float:
        return map_kernel(matmul(512, n, k, 4096), profile(device), Precision.FP32).compute_s

    assert seconds(n=128, k=64) < seconds(n=128, k=63) < seconds(n=128, k=104)
    assert seconds(n=128, k=64) < seconds(n=127, k=64)


def test_operands_that_straddle_sectors_are_read_in_parts_on_vector_units() -> None:
    def traffic(k: int, precision: Precision) -> float:
        found = map_kernel(matmul(8192, 16, k, 512), profile("p100-pcie-16gb"), precision)
        return found.dram_bytes + found.cache_bytes

    more = constant("gpu", "straddling")
    for precision, sector in ((Precision.FP64, 4), (Precision.FP32, 8), (Precision.FP16, 16)):
        whole, next_one = traffic(64 * sector, precision), traffic(65 * sector, precision)
        assert next_one == pytest.approx(65 / 64 * whole, rel=0.01)
        assert traffic(64 * sector + 1, precision) == pytest.approx(more * whole, rel=0.1)
    v100 = profile("v100-pcie-32gb")  # on tensor cores it does not show
    whole, odd = (map_kernel(matmul(2048, 16, k, 512), v100, Precision.FP16).dram_bytes for k in (512, 513))
    assert odd == pytest.approx(whole, rel=0.01)


def test_long_rows_are_read_again_where_l2_keeps_little_of_them() -> None:
    """NeuSight's P100: 0.65 of the peak with up to 4,096 reduction steps, 0.26 with more than 32,768."""

    def rate(device: str, k: int) -> float:
        product = matmul(2048, 2048, k)
        found = map_kernel(product, profile(device), Precision.FP32)
        return product.flops / max(found.compute_s, found.memory_s)

    product = matmul(2048, 2048, 65536)
    assert map_kernel(product, profile("p100-pcie-16gb"), Precision.FP32).dram_bytes > 10 * product.bytes
    assert rate("p100-pcie-16gb", 65536) < 0.45 * rate("p100-pcie-16gb", 4096)
    assert rate("v100-pcie-32gb", 65536) > 0.95 * rate("v100-pcie-32gb", 4096)


def test_padding_takes_energy_on_vector_units() -> None:
    t4 = profile("t4-16gb")
    whole, padded = (map_kernel(matmul(128, n, 512, 4096), t4, Precision.FP32) for n in (128, 72))
    assert whole.spared_energy == 0
    assert 1 - padded.spared_energy == pytest.approx(1 + constant("gpu", "padding_energy") * (1 / padded.alignment - 1))


def test_batched_products_reach_what_single_ones_do() -> None:
    a100, slower = profile("a100-pcie-80gb"), profile("a100-pcie-40gb")
    rates = [device.efficiency.vector_matmul for device in (a100, slower)]
    times = [map_kernel(matmul(512, 512, 512, 4096), device, Precision.FP32).compute_s for device in (a100, slower)]
    assert rates[0] is not None
    assert rates[1] is not None
    assert times[1] / times[0] == pytest.approx(rates[0].si / rates[1].si, rel=1e-3)


def test_depthwise_convolutions_run_on_vector_units() -> None:
    kernel = depthwise(256, 56 * 56)
    assert kernel.depthwise
    found = map_kernel(kernel, H100, Precision.FP16)
    outputs = 256 * 56 * 56
    assert H100.efficiency.depthwise is not None
    assert found.tile is None
    assert found.compute_s == pytest.approx(outputs * 11 / (H100.efficiency.depthwise.si * 66.9e12))
    assert map_kernel(kernel, H100, Precision.FP32).compute_s == found.compute_s
    rates = constant_value("gpu", "depthwise_rate_large")
    for order, tiled, taps in (("channels_last", 0.0, 121), ("contiguous", 1.0, 49)):
        large = map_kernel(replace(depthwise(256, 56 * 56, taps=taps), tiled=tiled), H100, Precision.FP16)
        assert large.compute_s == pytest.approx(outputs * (taps + 2) / (rates[order] * 66.9e12))
    volume = map_kernel(replace(depthwise(256, 56 * 56, taps=27), tiled=1.0, kind="conv3d"), H100, Precision.FP16)
    assert volume.compute_s == pytest.approx(outputs * 29 / (H100.efficiency.depthwise.si * 66.9e12))


def test_large_windows_over_few_channels_are_slower() -> None:
    def seconds(taps: int) -> float:
        kernel = Kernel("convolution", "conv2d", 1e12, 10**12, 10**7, 1e6, 1e6, Gemm(1, 50_000, 768, 3 * taps, taps))
        return map_kernel(kernel, H100, Precision.FP16).compute_s / taps

    assert seconds(32 * 32) > 2 * seconds(16 * 16)


def test_groups_of_other_widths_are_computed_one_by_one() -> None:
    def seconds(width: int, tiled: float) -> float:
        kernel = Kernel(
            "convolution", "conv2d", 1e12, 10**12 // 2, 10**7, 1e6, 1e6, Gemm(1, 200_000, width, 9 * width, 9, 32)
        )
        return map_kernel(replace(kernel, tiled=tiled), H100, Precision.FP16).compute_s / width**2

    assert seconds(24, 1.0) > 1.2 * seconds(32, 1.0)
    assert seconds(24, 0.0) > seconds(40, 0.0) > seconds(56, 0.0) > seconds(64, 0.0)
    assert seconds(24, 0.0) > 2 * seconds(32, 0.0)
    assert seconds(24, -1.0) == min(seconds(24, 0.0), seconds(24, 1.0))  # as a compiler has it


def test_depthwise_convolutions_of_channels_last_images_beyond_32_bits_are_slow() -> None:
    usual = replace(depthwise(256, 56 * 56), bytes=1e9, bytes_activations=1e9)
    kernels = [usual, replace(usual, wide=True), replace(usual, wide=True, tiled=1.0)]
    seconds = [map_kernel(kernel, H100, Precision.FP16).memory_s for kernel in kernels]
    assert seconds[1] > 4 * seconds[0]
    assert seconds[2] == seconds[0]


def test_what_counts_as_depthwise() -> None:
    assert not replace(depthwise(8, 4), gemm=Gemm(1, 4, 1, 18, 9, 4)).depthwise
    assert not replace(depthwise(8, 4), gemm=Gemm(1, 4, 8, 9, 9, 1)).depthwise
    assert not matmul(4, 4, 4).depthwise


def test_half_precision_convolutions_pay_for_layout_in_eager_mode_only() -> None:
    kernel = replace(matmul(12544, 64, 576), family="convolution")
    assert map_kernel(kernel, H100, Precision.FP16).conversion_s == 0
    eager, padded = replace(kernel, tiled=1.0), replace(kernel, tiled=1.5)
    conversion = map_kernel(eager, H100, Precision.FP16).conversion_s
    assert conversion > 0
    assert map_kernel(padded, H100, Precision.FP16).conversion_s == pytest.approx(1.5 * conversion)
    assert map_kernel(eager, H100, Precision.FP32).conversion_s == 0


def test_small_data_move_at_cache_speed_and_large_at_dram_speed() -> None:
    def memory_seconds(data: float, stream: float = 1.0) -> float:
        return float(gpu_traffic(np.array([data]), H100, stream).seconds[0])

    dram = 3350e9 * 0.87
    assert memory_seconds(1e3) == pytest.approx(1e3 / 9.7e12, rel=0.01)
    assert memory_seconds(1e12) == pytest.approx(1e12 / dram, rel=0.01)
    assert memory_seconds(1e12, 0.5) == pytest.approx(2e12 / dram, rel=0.01)
    assert memory_seconds(0) == 0
    sizes = [10.0**e for e in range(3, 12)]
    times = [memory_seconds(size) for size in sizes]
    assert times == sorted(times)


def convolution(side: int, channels: int, filters: int, batch: int, *, steps: bool = False) -> Kernel:
    """A 3×3 convolution, at stride 1 unless it `steps`."""
    gemm = Gemm(1, batch * side * side, filters, 9 * channels, 9, 1, *(() if steps else (side, side)))
    data = 4.0 * (gemm.m * (channels + filters) + 9 * channels * filters)
    return Kernel("convolution", "conv2d", 2 * gemm.macs, gemm.macs, gemm.m * gemm.n, data, data, gemm)


def seconds_on(device: HardwareProfile, side: int, channels: int, filters: int, batch: int) -> float:
    """Of a 3×3 convolution in FP32."""
    return map_kernel(convolution(side, channels, filters, batch), device, Precision.FP32).compute_s


def test_winograd_spares_arithmetic_of_large_fp32_convolutions_only() -> None:
    plain, other = (convolution(56, 256, 256, 32, steps=steps) for steps in (True, False))
    found = {p: [map_kernel(k, H100, p) for k in (plain, other)] for p in (Precision.FP32, Precision.FP16)}
    without, spared = found[Precision.FP32]
    assert 0.2 * without.compute_s < spared.compute_s < 0.7 * without.compute_s
    assert spared.spared == pytest.approx(0.75)  # 36 products for 16 outputs instead of 144
    assert found[Precision.FP16][0].compute_s == found[Precision.FP16][1].compute_s


def test_tiles_of_4x4_outputs_come_for_16_images() -> None:
    v100 = profile("v100-pcie-32gb")
    sixteen, more, all_of_them = (seconds_on(v100, 8, 512, 512, batch) for batch in (16, 17, 32))
    assert more == pytest.approx(all_of_them, rel=0.05)
    assert sixteen < 0.8 * more


def test_tiles_of_2x2_outputs_come_in_blocks() -> None:
    """Of 16 outputs in a row; and of rows of one image, of two or of four, whichever are fewest."""
    v100 = profile("v100-pcie-32gb")
    narrower, full, wider = (seconds_on(v100, side, 32, 32, 8) for side in (46, 48, 50))
    assert narrower == pytest.approx(full, rel=0.1)
    assert full < 0.85 * wider


def test_units_are_those_of_the_algorithm() -> None:
    """F(2×2, 3×3) computes 14×14 outputs of 64 filters in two blocks of 4 by 8 tiles, by twice 32 filters."""
    found = map_kernel(convolution(14, 64, 64, 1), profile("v100-pcie-32gb"), Precision.FP32)
    assert (found.units_used, found.tiles, found.spared) == (
        4,
        4,
        pytest.approx(1 - 16 * 64 / (9 * 196)),
    )
    assert found.alignment == pytest.approx(196 / (4 * 64))


def test_multiplications_of_2x2_outputs_take_more_energy_each() -> None:
    more = constant("gpu", "fused_winograd_energy")
    fused = map_kernel(convolution(14, 64, 64, 1), profile("v100-pcie-32gb"), Precision.FP32)
    assert 1 - fused.spared_energy == pytest.approx(more * (1 - fused.spared))
    apart = map_kernel(convolution(28, 512, 512, 32), profile("v100-pcie-32gb"), Precision.FP32)
    assert apart.spared == apart.spared_energy > 0.6


def test_no_batched_product_is_faster_than_any_that_was_measured() -> None:
    for device in (profile("rtx-3090"), profile("jetson-nano-4gb"), profile("p4-8gb")):
        product = matmul(1024, 1024, 1024, 4096)
        found = map_kernel(product, device, Precision.FP32)
        assert product.flops / found.compute_s <= constant("gpu", "vector_most") * vector_peak(device)


def test_the_power_limit_prefers_what_multiplies_less() -> None:
    """On T4 the products of implicit GEMM would lower the clock: its fastest algorithm is another than at the full clock."""
    t4, cases = profile("t4-16gb"), [(side, c, c, 32) for side in (7, 14, 28) for c in (96, 128, 192, 256)]
    unlimited = t4.model_copy(update={"energy": t4.energy.model_copy(update={"vector_matmul": None})})
    spared = [[map_kernel(convolution(*case), d, Precision.FP32).spared for case in cases] for d in (t4, unlimited)]
    assert all(limited >= free for limited, free in zip(*spared, strict=True))
    assert spared[0] != spared[1]


def test_few_outputs_take_as_long_as_their_channels() -> None:
    """No algorithm splits the channels of FP32 convolutions over CTAs: twice as many filters cost nothing, channels double."""
    few, more = (seconds_on(H100, 6, channels, 128, 1) for channels in (512, 1024))
    assert seconds_on(H100, 6, 512, 64, 1) == pytest.approx(few, rel=0.15)
    assert 1.6 < more / few < 2.1


def test_few_outputs_of_strides_and_larger_windows_are_not_much_faster() -> None:
    plain, strided = convolution(8, 512, 512, 1), convolution(4, 512, 512, 1, steps=True)
    wide = replace(plain, gemm=Gemm(1, 64, 512, 25 * 512, 25, 1), macs=25 * plain.macs // 9, flops=25 * plain.flops / 9)
    usual, fewer, more = (map_kernel(k, H100, Precision.FP32).compute_s for k in (plain, strided, wide))
    assert usual / 3 < fewer < usual
    assert more > usual


def seconds_of_rows(**changes: object) -> float:
    kernel = replace(Kernel("normalization", "softmax", 1.0, 0, 10**8, 8e8, 8e8, None), **changes)
    found = map_kernel(kernel, H100, Precision.FP32)
    return max(found.memory_s, found.compute_s) + found.conversion_s


def test_streams_by_pattern_of_access() -> None:
    """Rows in a warp; norms in two kernels; transposed tensors; copies of what is not contiguous, of images there and back."""
    in_a_warp = seconds_of_rows(softmax_row=1024)
    assert seconds_of_rows(row=1024, twice=True) > 1.4 * in_a_warp
    assert seconds_of_rows(irregular=True) > in_a_warp
    assert seconds_of_rows(softmax_row=1024, copies=1) == pytest.approx(in_a_warp + seconds_of_rows(irregular=True))
    norm = {"kind": "group_norm", "row": 1024, "twice": True}
    groups = seconds_of_rows(**norm)
    assert groups > seconds_of_rows(row=1024, twice=True)
    once = seconds_of_rows(**norm, copies=1) - groups
    assert once == pytest.approx(seconds_of_rows(irregular=True))
    ratio = constant("gpu", "irregular_stream") / constant("gpu", "image_stream")
    assert seconds_of_rows(**norm, copies=2, image=True) - groups == pytest.approx(2 * ratio * once, rel=0.02)


def test_softmax_of_long_rows_computes_apart_and_reads_again_what_no_cache_holds() -> None:
    aligned, unaligned, longest = (seconds_of_rows(softmax_row=row) for row in (4096, 4095, 65_536))
    exponentials = constant_value("gpu", "softmax_operations")["aligned"] * 10**8 / vector_peak(H100)
    streamed = 8e8 / (3350e9 * H100.efficiency.dram.value)
    assert aligned == pytest.approx(streamed + exponentials, rel=0.05)
    assert unaligned > 1.05 * aligned
    assert longest > 1.7 * aligned


def test_norms_of_rows_run_in_rounds() -> None:
    """A short row takes a step as a longer one does; one row as long as all that the SMs hold; rows that leave the cache are
    read again."""
    assert seconds_of_rows(row=128, elements=128 * 10**6) == pytest.approx(
        seconds_of_rows(row=512, elements=512 * 10**6, bytes=8e8), rel=0.01
    )
    one, all_at_once = (seconds_of_rows(row=1024, elements=1024.0 * rows, bytes=8192.0 * rows) for rows in (1, 132 * 8))
    assert one == pytest.approx(all_at_once)
    assert seconds_of_rows(row=1025, twice=True, elements=1025.0, bytes=8200.0) >= one
    resident, beyond = (seconds_of_rows(row=row) for row in (1024, 16_384))
    assert 1.3 < beyond / resident < 1.8


def test_an_error_function_costs_more_than_its_operations() -> None:
    kernel = Kernel("pointwise", "gelu", 4e6, 0, 10**6, 4e6, 4e6, None)
    assert map_kernel(replace(kernel, instructions=46e6), H100, Precision.FP16).compute_s > (
        5 * map_kernel(kernel, H100, Precision.FP16).compute_s
    )


def test_several_groups_share_a_tile() -> None:
    """32 groups of 8 channels are padded as 256 outputs, not each group to a tile."""
    gemm = Gemm(1, 10**5, 8, 72, 9, 32)
    kernel = Kernel("convolution", "conv2d", 2 * gemm.macs, gemm.macs, 256 * 10**5, 1e8, 1e8, gemm)
    assert map_kernel(kernel, H100, Precision.FP16).alignment > 0.9
