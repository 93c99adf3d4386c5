"""Peak rates that every mapper needs."""

from __future__ import annotations

from ...hardware_profiles import HardwareProfile, Precision


def vector_peak(device: HardwareProfile, precision: Precision = Precision.FP32) -> float:
    """FLOP/s of the vector units; a precision that they lack runs as FP32, its storage still at the narrow width."""
    peak = device.peak_flops(precision, matrix=False) or device.peak_flops(Precision.FP32, matrix=False)
    assert peak is not None, f"{device.id} has no vector peak"
    return peak
