"""The shipped figures: present, sourced, and consistent with each other."""

from typing import get_args

import pytest

from graphperf.analysis.costs.registry import Family, modelled_kinds
from graphperf.hardware_profiles import HardwareProfile, Precision

from .page import FOLDER, PAGE, device_pages, page
from .shipped import DEVICES, of_kind

EXPECTED = set(
    """
    a100-pcie-40gb a100-pcie-80gb a100-sxm4-40gb a100-sxm4-80gb a10g-24gb a30-24gb a40-48gb b200-sxm-180gb
    coral-edge-tpu epyc-7763 epyc-9654 gaudi2 gaudi3 graviton3 gtx-1080-ti h100-pcie-80gb h100-sxm5-80gb
    h200-sxm-141gb hailo-8 i7-12700h i7-12700k i9-10940x jetson-agx-orin-64gb jetson-agx-orin-dla
    jetson-agx-xavier-32gb jetson-nano-4gb jetson-orin-nano-8gb jetson-orin-nx-16gb jetson-thor-t5000 kpu-t256
    kpu-t64 kpu-t768 l4-24gb l40s-48gb mi100 mi210 mi250 mi250x mi300x p100-pcie-16gb p4-8gb rtx-2080-ti rtx-3090
    rtx-4070 rtx-4090 rtx-5090 rtx-a4000 rtx-pro-6000-max-q ryzen-9-8945hs snapdragon-x-elite-hexagon t4-16gb
    titan-rtx titan-v titan-xp tpu-v3 tpu-v4 tpu-v5e tpu-v5p tpu-v6e v100-pcie-32gb v100-sxm2-16gb v100-sxm2-32gb
    xeon-8380 xeon-8480-plus xeon-8490h
    """.split()
)
MODES = {
    "jetson-agx-orin-64gb": ("15w", "30w", "50w", "maxn"),
    "jetson-agx-orin-dla": ("15w", "30w", "50w", "maxn"),
    "jetson-agx-xavier-32gb": ("10w", "15w", "30w", "maxn"),
    "jetson-nano-4gb": ("5w", "10w"),
    "jetson-orin-nano-8gb": ("7w", "15w", "25w", "maxn"),
    "jetson-orin-nx-16gb": ("10w", "15w", "25w", "40w"),
    "kpu-t64": ("3w", "6w", "10w"),
    "kpu-t256": ("15w", "30w", "50w"),
    "kpu-t768": ("30w", "60w", "100w"),
}


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> HardwareProfile:
    return DEVICES[str(request.param)]


def test_the_devices_and_their_power_modes_are_shipped() -> None:
    assert set(DEVICES) >= EXPECTED | {f"{name}@{mode}" for name, modes in MODES.items() for mode in modes}
    assert {name: device.variants for name, device in DEVICES.items() if device.variants} == MODES


def test_every_figure_names_a_public_source(device: HardwareProfile) -> None:
    for path, figure in device.figures():
        assert figure.source.strip(), path
        assert not figure.source.startswith(("/", "~", ".", "file:")), path


def test_derived_figures_state_how(device: HardwareProfile) -> None:
    for path, figure in device.figures():
        if figure.grade == "D":
            stated = figure.source.startswith(("derived", "assumption:", "own ")) or figure.note
            assert stated, path


def test_every_peak_has_an_energy_and_no_energy_lacks_a_peak(device: HardwareProfile) -> None:
    assert set(device.energy.vector) == set(device.compute.vector)
    assert set(device.energy.matrix) == set(device.compute.matrix)


def test_scaled_energies_follow_the_ratio_of_peaks(device: HardwareProfile) -> None:
    for energies, peaks in (
        (device.energy.vector, device.compute.vector),
        (device.energy.matrix, device.compute.matrix),
    ):
        for precision, figure in energies.items():
            if "ratio of peaks" in figure.source and not figure.assumed:
                reference = next(iter(energies))
                expected = energies[reference].si * peaks[reference].si / peaks[precision].si
                assert figure.si == pytest.approx(expected, rel=0.02), precision


def test_plausible_magnitudes(device: HardwareProfile) -> None:
    # An NPU has its host's link for memory, a KPU is a design with energies to match.
    slowest, least = {"npu": (1e8, 1e-11), "kpu": (1e10, 5e-12)}.get(device.kind, (1e10, 1e-11))
    assert 1e10 < max(peak.si for peak in device.compute.vector.values()) < 1e15
    assert slowest < device.memory.dram_bandwidth.si < 1e13
    assert device.memory.l1_size.si <= device.memory.llc_size.si < device.memory.dram_size.si
    assert 1e-7 < device.launch.kernel_graph.si <= device.launch.kernel_stream.si < 1e-4
    assert device.power.static.si < device.power.tdp.si
    assert least < device.energy.dram_byte.si < 1e-9


def test_energy_rises_with_the_distance_of_the_memory(device: HardwareProfile) -> None:
    energies = [device.energy.l1_byte, device.energy.llc_byte, device.energy.dram_byte]
    known = [figure.si for figure in energies if figure is not None]
    assert known == sorted(known)


@pytest.mark.parametrize("name", [name for name in DEVICES if DEVICES[name].energy.matrix and "@" not in name])
def test_matrix_energy_is_the_stated_bound(name: str) -> None:
    device = DEVICES[name]
    precision, figure = next(iter(device.energy.matrix.items()))
    if "upper bound" in figure.source:
        reached = device.efficiency.matrix.si * device.compute.matrix[precision].si
        dies = 2 if "half of the TDP" in figure.source else 1  # which share the limit
        bound = (device.power.tdp.si / dies - device.power.static.si) / reached
        assert figure.si == pytest.approx(bound, rel=0.03)


@pytest.mark.parametrize("name", of_kind("gpu"))
def test_sm_limits_agree_with_each_other(name: str) -> None:
    gpu = DEVICES[name].gpu
    assert gpu is not None
    assert gpu.max_warps_per_sm.si * gpu.warp_size.si == gpu.max_threads_per_sm.si
    if DEVICES[name].vendor == "NVIDIA":
        assert gpu.shared_memory_per_block is not None
        assert gpu.shared_memory_per_block.si <= gpu.shared_memory_per_sm.si
        unified = DEVICES[name].family not in ("maxwell", "pascal")
        assert (gpu.shared_memory_per_sm.si < DEVICES[name].memory.l1_size.si) == unified


def test_tiles_of_one_precision() -> None:
    kpu = DEVICES["kpu-t64"].kpu
    assert kpu is not None
    wanted = (Precision.INT8, Precision.INT4, Precision.FP32, Precision.FP64)
    assert [kpu.tiles_for(precision) for precision in wanted] == [64, 44, 13, 0]


@pytest.mark.parametrize("name", of_kind("npu"))
def test_npu_operators_are_families_or_kinds_that_have_a_cost(name: str) -> None:
    npu = DEVICES[name].npu
    assert npu is not None
    assert set(npu.operators) <= set(get_args(Family)) | modelled_kinds()
    assert len(npu.operators) == len(set(npu.operators))
    assert npu.runs("conv2d", "convolution")
    assert npu.runs("reshape", "view")
    assert not npu.runs("sort", "library")
    assert npu.fallback.rate.assumed
    assert npu.fallback.bandwidth.assumed


def test_what_npus_run() -> None:
    coral, dla = DEVICES["coral-edge-tpu"].npu, DEVICES["jetson-agx-orin-dla"].npu
    assert coral is not None
    assert dla is not None
    assert not coral.runs("gelu", "pointwise")
    assert (coral.runs("mean", "reduction"), dla.runs("mean", "reduction")) == (True, False)
    assert dla.fallback.device == "GPU of the same module"


def test_a_power_mode_changes_what_it_names() -> None:
    base, low = DEVICES["jetson-agx-orin-64gb"], DEVICES["jetson-agx-orin-64gb@15w"]
    assert (low.compute.units.si, low.compute.clock.si, low.power.tdp.si) == (6, 408e6, 15)
    assert low.memory.dram_bandwidth.si < base.memory.dram_bandwidth.si
    assert low.gpu == base.gpu
    assert low.launch.eager_dispatch.si > base.launch.eager_dispatch.si
    for name, mode in (("jetson-agx-orin-64gb", "maxn"), ("kpu-t64", "6w"), ("kpu-t256", "30w"), ("kpu-t768", "60w")):
        assert DEVICES[f"{name}@{mode}"].compute == DEVICES[name].compute


def test_the_traps_of_datasheets() -> None:
    """Sparse peaks, FP16 accumulation and formats a generation lacks."""
    assert DEVICES["h100-sxm5-80gb"].peak_flops(Precision.BF16, matrix=True) == pytest.approx(989.4e12)
    assert DEVICES["rtx-3090"].peak_flops(Precision.FP16, matrix=True) == pytest.approx(71.2e12)
    assert DEVICES["a100-sxm4-80gb"].peak_flops(Precision.FP8_E4M3, matrix=True) is None
    assert not DEVICES["h100-sxm5-80gb"].supports(Precision.FP4)
    assert not DEVICES["i7-12700k"].supports(Precision.BF16)
    assert not DEVICES["t4-16gb"].supports(Precision.BF16)
    assert not DEVICES["tpu-v3"].supports(Precision.INT8)
    assert not DEVICES["tpu-v5p"].supports(Precision.FP8_E4M3)
    assert not DEVICES["coral-edge-tpu"].supports(Precision.FP32)
    assert DEVICES["v100-sxm2-32gb"].compute.matrix.keys() == {Precision.FP16}
    assert DEVICES["rtx-4090"].peak_flops(Precision.FP16, matrix=True) == pytest.approx(165.2e12)
    assert DEVICES["a10g-24gb"].peak_flops(Precision.FP16, matrix=True) == pytest.approx(70e12)
    assert DEVICES["mi250x"].peak_flops(Precision.BF16, matrix=True) == pytest.approx(191.5e12)
    assert DEVICES["rtx-5090"].peak_flops(Precision.FP16, matrix=True) == pytest.approx(209.5e12)
    assert not DEVICES["rtx-2080-ti"].supports(Precision.BF16)
    assert not DEVICES["epyc-7763"].supports(Precision.INT8)
    assert "MAXN" in DEVICES["jetson-agx-orin-64gb"].note


def test_the_page_of_devices_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make hardware`"
    assert {file: file.read_text("utf-8") for file in FOLDER.iterdir()} == device_pages(), "run `make hardware`"
