"""The one interface to all mappers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..costs import Cost, Recurrence
from ..graph import Graph
from ..numerics import Autocast, Numerics
from .allocation import Allocation, Allocations
from .cpu import map_to_cpu
from .gpu import map_to_gpu
from .kernels import Kernel, Kernels
from .kpu import map_to_kpu
from .npu import map_to_npu
from .recurrent import put_recurrence
from .tpu import map_to_tpu

Mapper = Callable[[Kernels, HardwareProfile, Precision], Allocations]
_WIDEST_FIRST = (
    ("float64", Precision.FP64), ("float32", Precision.FP32), ("float16", Precision.FP16), ("bfloat16", Precision.BF16),
)  # fmt: skip
OWN_TYPES = frozenset({"float64", "float16", "bfloat16", "int8"})
"""Types that a graph has where the model's code asks for them: no precision changes those."""
_MAPPERS: Mapping[str, Mapper] = {
    "gpu": map_to_gpu, "cpu": map_to_cpu, "tpu": map_to_tpu, "kpu": map_to_kpu, "npu": map_to_npu,
}  # fmt: skip


def map_kernel(kernel: Kernel, device: HardwareProfile, precision: Precision) -> Allocation:
    """The allocation of one kernel on a device."""
    return map_kernels(Kernels.of([kernel]), device, (precision,))[0]


def map_kernels(kernels: Kernels, device: HardwareProfile, precisions: Sequence[Precision]) -> Allocations:
    """The allocation of every kernel, each in the precision it computes in."""
    kinds = distinct(precisions)
    if len(kinds) == 1:
        return _mapped(kernels, device, precisions[0])
    found = Allocations.empty(int(device.compute.units.si), len(kernels))
    for precision in kinds:
        rows = np.array([p is precision for p in precisions], dtype=np.bool_)
        found.merge(rows, _mapped(kernels.where(rows), device, precision))
    return found


def _mapped(kernels: Kernels, device: HardwareProfile, precision: Precision) -> Allocations:
    """Kernels of one precision; the steps of a recurrent layer are kernels of their own, but on the fallback of a device."""
    mapper = _MAPPERS[device.kind]
    found = mapper(kernels, device, precision)
    for row in np.flatnonzero(kernels.of_family("recurrent") & (found.fallback == 0)).tolist():
        recurrence: Recurrence | None = kernels.recurrence.tolist()[row]
        if recurrence is not None:
            put_recurrence(found, row, recurrence, device, precision, mapper)
    return found


def distinct(precisions: Sequence[Precision]) -> list[Precision]:
    """Those that occur, each once. Mostly that is one, which is found without hashing every kernel's."""
    if precisions and precisions.count(precisions[0]) == len(precisions):
        return [precisions[0]]
    return list(dict.fromkeys(precisions))


def kernel_precision(
    operators: Sequence[int], anchor: int | None, graph: Graph, costs: Sequence[Cost], numerics: Numerics
) -> Precision:
    """What a kernel computes in: the widest type that its anchor reads, else any. `float32` stands for the model's precision,
    but under autocast; what the code itself made half, double or INT8 is computed as that."""
    leading = _members(operators, costs) if anchor is None else [anchor]
    read = [graph.tensors[t] for member in leading for t in graph.operators[member].inputs]
    types = {tensor.dtype for tensor in read if not tensor.is_weight} or {tensor.dtype for tensor in read}
    widest = next((precision for dtype, precision in _WIDEST_FIRST if dtype in types), None)
    if isinstance(numerics, Autocast):
        return widest or Precision.FP32
    if anchor is not None and types == {"int8"}:
        return Precision.INT8
    if widest is not None and "float32" not in types:
        return widest
    if isinstance(numerics, Precision):
        return numerics
    cudnn = anchor is not None and costs[anchor].family in ("convolution", "recurrent")
    return Precision.TF32 if cudnn else Precision.FP32


def _members(operators: Sequence[int], costs: Sequence[Cost]) -> Sequence[int]:
    return [m for m in operators if costs[m].family != "view"] or operators
