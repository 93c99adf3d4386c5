"""What PyTorch's products in FP16 reach where there are no tensor cores."""

import pytest

from graphperf.analysis.costs import Gemm
from graphperf.analysis.mapping import Kernel, map_kernel, with_fp32_sums
from graphperf.hardware_profiles import Precision, profile

PRODUCT = Kernel("matmul", "linear", 2.0 * 4096**3, 4096**3, 4096**2, 1e8, 1e8, Gemm(1, 4096, 4096, 4096))


@pytest.mark.parametrize("name", ["p100-pcie-16gb", "jetson-nano-4gb"])
def test_fp16_that_is_summed_in_fp32_takes_the_time_and_the_energy_of_fp32(name: str) -> None:
    device = profile(name)
    summed = with_fp32_sums(device)
    alone, half = (map_kernel(PRODUCT, each, Precision.FP16).compute_s for each in (device, summed))
    assert half == map_kernel(PRODUCT, device, Precision.FP32).compute_s
    assert half == pytest.approx(2 * alone, rel=0.01)
    full = device.energy_per_flop(Precision.FP32, matrix=True)
    assert summed.energy_per_flop(Precision.FP16, matrix=True) == full > device.energy_per_flop(Precision.FP16, True)


@pytest.mark.parametrize("name", ["h100-sxm5-80gb", "t4-16gb", "gtx-1080-ti", "i7-12700k", "mi300x"])
def test_other_devices_are_as_they_are(name: str) -> None:
    assert with_fp32_sums(profile(name)) is profile(name)
