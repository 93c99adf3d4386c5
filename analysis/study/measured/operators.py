"""Single operators of published tables as kernels."""

from __future__ import annotations

import numpy as np

from ....hardware_profiles import HardwareProfile
from ...costs import Gemm
from ...estimate import Estimate
from ...estimate.on_device import of_kernels
from ...mapping import Kernel, Kernels, instructions, runs_twice, with_fp32_sums
from ...numerics import stored_as
from .cases import Case, sources

_BINARY = frozenset({"add", "mul", "div", "pow"})
_NO_CACHE = 1e-9  # of any unit
_NO_LIMIT = 1e6  # W
_UNARY = frozenset({"addu", "mulu", "divu", "powu", "relu", "gelu", "tanh"})


def operator_kernels(case: Case) -> Kernels | None:
    """The operator as one kernel; None where it is not known."""
    kernel = _kernel(case, dict(case.shape), stored_as(case.numerics).bytes)
    return None if kernel is None else Kernels.of([kernel])


def operator_estimate(case: Case, kernels: Kernels, device: HardwareProfile) -> Estimate:
    """Its estimate as one kernel of a stream, without dispatch; on a CPU, whose timings hold it, with dispatch.

    Such timings loop over the same tensors, and find nothing of them in a cache that is smaller: the least recently used
    goes first. In a model a kernel reads what the one before it has just written.
    """
    precisions, exists = (stored_as(case.numerics),), np.ones(1, dtype=np.bool_)
    if device.kind == "cpu":
        return of_kernels(kernels, precisions, exists, _in_a_loop(device), "operator")
    if device.kind == "gpu" and kernels.bytes[0] > device.memory.llc_size.si:
        device = _without_cache(device)
    device = with_fp32_sums(device)
    runs: dict[str, float] = sources()["runs"].get(case.source, {})
    if device.id in runs:
        found = of_kernels(kernels, precisions, exists, _without_limit(device), "none")
        if runs["count"] * float(found.times.seconds.sum()) < runs[device.id]:
            return found
    return of_kernels(kernels, precisions, exists, device, "none")


def _without_limit(device: HardwareProfile) -> HardwareProfile:
    unlimited = device.power.tdp.model_copy(update={"value": _NO_LIMIT})
    return device.model_copy(update={"power": device.power.model_copy(update={"tdp": unlimited})})


def _without_cache(device: HardwareProfile) -> HardwareProfile:
    memory = device.memory
    empty = memory.llc_size.model_copy(update={"value": _NO_CACHE})
    # A kernel finds what it has read itself.
    kept = {"llc_size": empty, "llc_effective": memory.llc_effective or memory.llc_size}
    return device.model_copy(update={"memory": memory.model_copy(update=kept)})


def _in_a_loop(device: HardwareProfile) -> HardwareProfile:
    """Dispatch is shorter in a loop over one operator, which finds its code in the caches, than in a model."""
    usual = device.launch.eager_dispatch
    looped = usual.model_copy(update={"value": usual.value * sources()["looped_dispatch"]})
    return device.model_copy(update={"launch": device.launch.model_copy(update={"eager_dispatch": looped})})


def _kernel(case: Case, shape: dict[str, float], width: float) -> Kernel | None:
    if case.name in ("linear", "bmm"):
        return _product(case.name, shape, width)
    if case.name == "conv":
        return _convolution(shape, width)
    rows, row = int(shape.get("B", shape.get("T", 0))), int(shape.get("H", shape.get("E", 0)))
    if case.name == "mlp_act":  # SiLU of one half times the other
        return _pointwise("silu", rows * int(shape["X"]), 4, width)
    if case.name in ("ln", "input_layernorm", "softmax"):
        norm = case.name != "softmax"
        data = 2.0 * rows * row * width
        kind = "layer_norm" if norm else "softmax"
        return Kernel("normalization", kind, 7.0 * rows * row, 0, rows * row, data, data, None, row=row if norm else 0,
                      softmax_row=0 if norm else row, twice=norm and runs_twice(kind, row))  # fmt: skip
    if case.name in _BINARY | _UNARY:
        return _pointwise(case.name.rstrip("u") if case.name in _UNARY - {"relu", "gelu", "tanh"} else case.name,
                          rows * row, 3 if case.name in _BINARY else 2, width)  # fmt: skip
    return None


def _product(name: str, shape: dict[str, float], width: float) -> Kernel:
    batch, m, n, k = (int(shape.get(letter, 1)) for letter in "BMNK")
    if name == "linear":
        batch, m = 1, batch * m
    gemm = Gemm(batch, m, n, k)
    data = width * batch * (m * k + k * n + m * n)
    result = batch * m * n
    return Kernel("matmul", name, 2.0 * gemm.macs, gemm.macs, result, data, data, gemm, fresh=result)


def _convolution(shape: dict[str, float], width: float) -> Kernel:
    batch, channels, filters, side, size = (int(shape[name]) for name in ("B", "Cin", "Cout", "k", "in"))
    out = (size + 2 * int(shape["p"]) - side) // int(shape["s"]) + 1
    image = (out, out) if (side, int(shape["s"])) == (3, 1) else (0, 0)
    gemm = Gemm(1, batch * out * out, filters, channels * side * side, side * side, 1, *image)
    activations = width * batch * (channels * size * size + filters * out * out)
    data = activations + width * filters * channels * side * side
    return Kernel(
        "convolution", "conv2d", 2.0 * gemm.macs, gemm.macs, batch * filters * out * out, data, activations, gemm
    )


def _pointwise(kind: str, elements: int, tensors: int, width: float) -> Kernel:
    data = tensors * elements * width
    return Kernel(
        "pointwise", kind, float(elements), 0, elements, data, data, None, instructions=instructions(kind) * elements,
        fresh=elements,
    )  # fmt: skip
