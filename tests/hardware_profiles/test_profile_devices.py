"""The shipped figures: present, sourced, and consistent with each other."""

from pathlib import Path

import pytest

import graphperf.hardware_profiles as package
from graphperf.hardware_profiles import HardwareProfile, Precision, load_file

# Read from the folder itself: a file of the user's own must not take a shipped one's place here.
DEVICES = {path.stem: load_file(path) for path in sorted((Path(package.__file__).parent / "devices").glob("*.toml"))}
EXPECTED = {"a100-sxm4-80gb", "h100-sxm5-80gb", "i7-12700k", "jetson-agx-orin-64gb", "rtx-3090"}
GPUS = [name for name, device in DEVICES.items() if device.kind == "gpu"]
# Dense FP16 operations a clock of the tensor cores of one SM, with FP32 accumulation.
TENSOR_RATE = {"a100-sxm4-80gb": 2048, "h100-sxm5-80gb": 4096, "jetson-agx-orin-64gb": 2048, "rtx-3090": 512}
HALF_PRECISIONS = (Precision.FP16, Precision.BF16)


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> HardwareProfile:
    return DEVICES[str(request.param)]


def test_the_five_devices_are_shipped() -> None:
    assert set(DEVICES) >= EXPECTED


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
    assert 1e11 < device.compute.vector[Precision.FP32].si < 1e15
    assert 1e10 < device.memory.dram_bandwidth.si < 1e13
    assert device.memory.l1_size.si < device.memory.llc_size.si < device.memory.dram_size.si
    assert 1e-7 < device.launch.kernel_graph.si <= device.launch.kernel_stream.si < 1e-4
    assert device.power.static.si < device.power.tdp.si
    assert 1e-11 < device.energy.dram_byte.si < 1e-9


@pytest.mark.parametrize("name", GPUS)
def test_fp32_vector_peak_is_units_times_lanes_times_clock(name: str) -> None:
    device = DEVICES[name]
    assert device.gpu is not None
    expected = device.compute.units.si * device.gpu.fp32_lanes_per_sm.si * 2 * device.compute.clock.si
    assert device.peak_flops(Precision.FP32, matrix=False) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("name", GPUS)
@pytest.mark.parametrize("precision", HALF_PRECISIONS)
def test_half_matrix_peak_is_units_times_tensor_rate_times_clock(name: str, precision: Precision) -> None:
    compute = DEVICES[name].compute
    clock = compute.matrix_clock or compute.clock
    assert compute.matrix[precision].si == pytest.approx(compute.units.si * TENSOR_RATE[name] * clock.si, rel=0.03)


@pytest.mark.parametrize("name", GPUS)
def test_matrix_energy_is_the_stated_bound(name: str) -> None:
    device = DEVICES[name]
    reached = device.efficiency.matrix.si * device.compute.matrix[Precision.BF16].si
    bound = (device.power.tdp.si - device.power.static.si) / reached
    assert device.energy_per_flop(Precision.BF16, matrix=True) == pytest.approx(bound, rel=0.03)


@pytest.mark.parametrize("name", GPUS)
def test_sm_limits_agree_with_each_other(name: str) -> None:
    gpu = DEVICES[name].gpu
    assert gpu is not None
    assert gpu.max_warps_per_sm.si * gpu.warp_size.si == gpu.max_threads_per_sm.si
    assert gpu.shared_memory_per_sm.si < DEVICES[name].memory.l1_size.si


def test_cpu_peak_counts_performance_cores_only() -> None:
    device = DEVICES["i7-12700k"]
    assert device.cpu is not None
    assert device.cpu.flops_per_clock_performance is not None
    expected = device.cpu.cores_performance.si * device.cpu.flops_per_clock_performance.si * device.compute.clock.si
    assert device.peak_flops(Precision.FP32, matrix=True) == pytest.approx(expected, rel=0.03)
    assert device.compute.units.si == device.cpu.cores_performance.si
    assert "performance cores only" in device.note


def test_the_traps_of_datasheets() -> None:
    """Sparse peaks, FP16 accumulation and formats a generation lacks."""
    assert DEVICES["h100-sxm5-80gb"].peak_flops(Precision.BF16, matrix=True) == pytest.approx(989.4e12)
    assert DEVICES["rtx-3090"].peak_flops(Precision.FP16, matrix=True) == pytest.approx(71.2e12)
    assert DEVICES["a100-sxm4-80gb"].peak_flops(Precision.FP8_E4M3, matrix=True) is None
    assert not DEVICES["h100-sxm5-80gb"].supports(Precision.FP4)
    assert not DEVICES["i7-12700k"].supports(Precision.BF16)
    assert "MAXN" in DEVICES["jetson-agx-orin-64gb"].note
