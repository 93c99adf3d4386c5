"""Peak rates that every mapper needs."""

from __future__ import annotations

from ...hardware_profiles import HardwareProfile, Precision


def vector_peak(device: HardwareProfile, precision: Precision = Precision.FP32) -> float:
    """FLOP/s of the vector units; a precision that they lack runs as FP32, its storage still at the narrow width."""
    peak = device.peak_flops(precision, matrix=False) or device.peak_flops(Precision.FP32, matrix=False)
    assert peak is not None, f"{device.id} has no vector peak"
    return peak


def with_fp32_sums(device: HardwareProfile) -> HardwareProfile:
    """A GPU whose vector units compute FP16 at the rate and the energy of FP32, where they are faster and there is no matrix
    unit for it: what products of FP16 take that are summed in FP32, as PyTorch asks of cuBLAS and cuDNN.
    """
    rates, energies = device.compute.vector, device.energy.vector
    half, full = rates.get(Precision.FP16), rates.get(Precision.FP32)
    if device.kind != "gpu" or Precision.FP16 in device.compute.matrix or not half or not full or half.si <= full.si:
        return device
    energy = {Precision.FP16: energies[Precision.FP32]} if Precision.FP32 in energies else {}
    return device.model_copy(
        update={
            "compute": device.compute.model_copy(update={"vector": {**rates, Precision.FP16: full}}),
            "energy": device.energy.model_copy(update={"vector": {**energies, **energy}}),
        }
    )
