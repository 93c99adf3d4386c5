from typing import Any

import pytest
from pydantic import ValidationError

from graphperf.hardware_profiles import Figure, HardwareProfile, Precision, profile


def figure(value: float = 1.0, unit: str = "W", source: str = "datasheet", grade: str = "A") -> Figure:
    return Figure.model_validate({"value": value, "unit": unit, "source": source, "grade": grade})


@pytest.mark.parametrize(
    ("value", "unit", "si", "dimension"),
    [
        (312, "TFLOP/s", 312e12, "FLOP/s"),
        (624, "TOP/s", 624e12, "FLOP/s"),
        (2039, "GB/s", 2.039e12, "B/s"),
        (80, "GB", 80e9, "B"),
        (1, "GiB", 2**30, "B"),
        (228, "KiB", 228 * 1024, "B"),
        (1410, "MHz", 1.41e9, "Hz"),
        (2.63, "us", 2.63e-6, "s"),
        (500, "mW", 0.5, "W"),
        (118, "pJ/B", 118e-12, "J/B"),
        (5.2, "pJ/FLOP", 5.2e-12, "J/FLOP"),
        (108, "SM", 108, "count"),
        (0.87, "1", 0.87, "1"),
    ],
)
def test_si(value: float, unit: str, si: float, dimension: str) -> None:
    result = figure(value, unit)
    assert result.si == pytest.approx(si)
    assert result.dimension == dimension


def test_an_unknown_unit_names_the_nearest() -> None:
    with pytest.raises(ValidationError, match=r"unknown unit 'TFLOPS/s'; did you mean .*TFLOP/s"):
        figure(unit="TFLOPS/s")


@pytest.mark.parametrize(
    "bad",
    [
        {"value": -1.0},
        {"value": float("nan")},
        {"value": "5"},
        {"source": ""},
        {"grade": "E"},
        {"source": "assumption: a guess", "grade": "A"},
        {"colour": "red"},
    ],
)
def test_bad_figures_are_refused(bad: dict[str, Any]) -> None:
    good: dict[str, Any] = {"value": 1.0, "unit": "W", "source": "datasheet", "grade": "A"}
    with pytest.raises(ValidationError):
        Figure.model_validate(good | bad)


@pytest.mark.parametrize(
    "path", ["compute.units", "compute.clock", "compute.matrix.fp16", "memory.dram_bandwidth", "power.tdp"]
)
def test_a_device_that_never_ends_is_refused(path: str) -> None:
    device = profile("a100-sxm4-80gb").model_dump(exclude_none=True)
    *tables, name = path.split(".")
    table = device
    for part in tables:
        table = table[part]
    table[name]["value"] = 0.0
    with pytest.raises(ValidationError, match="is not above"):
        HardwareProfile.model_validate(device)


def test_profiles_are_frozen_and_hashable() -> None:
    device = profile("rtx-3090")
    with pytest.raises(ValidationError, match="frozen"):
        device.name = "other"
    assert len({device, profile("rtx-3090").model_copy()}) == 1


def test_profiles_survive_json() -> None:
    device = profile("a100-sxm4-80gb")
    assert HardwareProfile.model_validate_json(device.model_dump_json(exclude_none=True)) == device


def test_peak_falls_back_from_matrix_to_vector() -> None:
    device = profile("a100-sxm4-80gb")
    assert device.peak_flops(Precision.FP32, matrix=True) == device.peak_flops(Precision.FP32, matrix=False) == 19.5e12
    assert device.peak_flops(Precision.TF32, matrix=True) == 156e12
    assert device.peak_flops(Precision.TF32, matrix=False) == 19.5e12
    assert device.peak_flops(Precision.INT8, matrix=False) is None
    assert device.supports(Precision.INT8)


def test_tf32_is_fp32_where_there_is_no_matrix_unit() -> None:
    device = profile("i7-12700k")
    assert device.peak_flops(Precision.TF32, matrix=True) == device.peak_flops(Precision.FP32, matrix=True)
    assert device.energy_per_flop(Precision.TF32, matrix=True) == device.energy_per_flop(Precision.FP32, matrix=True)


def test_energy_follows_the_unit_that_computes() -> None:
    device = profile("a100-sxm4-80gb")
    assert device.energy_per_flop(Precision.BF16, matrix=True) == pytest.approx(1.23e-12)
    assert device.energy_per_flop(Precision.BF16, matrix=False) == pytest.approx(2.6e-12)
    assert device.energy_per_flop(Precision.FP32, matrix=True) == pytest.approx(5.2e-12)


def test_energy_of_an_unsupported_precision_is_that_of_emulation() -> None:
    device = profile("a100-sxm4-80gb")
    assert device.energy_per_flop(Precision.FP8_E4M3, matrix=True) == pytest.approx(5.2e-12)


def test_a_missing_energy_is_scaled_by_the_ratio_of_peaks() -> None:
    device = profile("a100-sxm4-80gb")
    table = {Precision.BF16: device.energy.matrix[Precision.BF16]}
    device = device.model_copy(update={"energy": device.energy.model_copy(update={"matrix": table})})
    assert device.energy_per_flop(Precision.INT8, matrix=True) == pytest.approx(1.23e-12 * 312 / 624)


def test_figures_have_dotted_paths() -> None:
    paths = dict(profile("h100-sxm5-80gb").figures())
    assert paths["compute.matrix.fp8-e4m3"].value == 1978.9
    assert paths["memory.dram_size"].si == 80e9
    assert "gpu.warp_size" in paths
    assert "memory.l2_size" not in paths


def test_provenance_names_every_kind_once() -> None:
    device = profile("h100-sxm5-80gb")
    assert device.provenance == "datasheet, measured, derived and assumed figures; energy measured and derived"
    assert device.assumptions() == (
        "launch.eager_dispatch",
        "efficiency.convolution",
        "efficiency.depthwise",
    )
    assert device.weakest_grade() == "D"
    assert profile("rtx-3090").weakest_grade() == "C"
