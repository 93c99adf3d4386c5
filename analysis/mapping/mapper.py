"""The one interface to all mappers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from ...hardware_profiles import HardwareProfile, Precision
from ..constants import constant_value
from ..costs import Cost
from ..fusion import Policy, Subgraph
from ..graph import Graph
from ..numerics import Defaults, Numerics
from .access import REGULAR, access_of
from .allocation import Allocation, Allocations
from .cpu import map_to_cpu
from .cpu_work import POOLS, work_on_cpu
from .gpu import map_to_gpu
from .kernels import Kernel, Kernels
from .kpu import map_to_kpu
from .npu import map_to_npu
from .tpu import map_to_tpu

Mapper = Callable[[Kernels, HardwareProfile, Precision], Allocations]
_WIDEST_FIRST = (
    ("float64", Precision.FP64), ("float32", Precision.FP32), ("float16", Precision.FP16), ("bfloat16", Precision.BF16),
)  # fmt: skip
_MAPPERS: Mapping[str, Mapper] = {
    "gpu": map_to_gpu, "cpu": map_to_cpu, "tpu": map_to_tpu, "kpu": map_to_kpu, "npu": map_to_npu,
}  # fmt: skip


def map_kernel(kernel: Kernel, device: HardwareProfile, precision: Precision) -> Allocation:
    """The allocation of one kernel on a device."""
    return map_kernels(Kernels.of([kernel]), device, (precision,))[0]


def map_kernels(kernels: Kernels, device: HardwareProfile, precisions: Sequence[Precision]) -> Allocations:
    """The allocation of every kernel, each in the precision it computes in."""
    mapper = _MAPPERS[device.kind]
    kinds = distinct(precisions)
    if len(kinds) == 1:
        return mapper(kernels, device, precisions[0])
    found = Allocations.empty(int(device.compute.units.si), len(kernels))
    for precision in kinds:
        rows = np.array([p is precision for p in precisions], dtype=np.bool_)
        found.merge(rows, mapper(kernels.where(rows), device, precision))
    return found


def distinct(precisions: Sequence[Precision]) -> list[Precision]:
    """Those that occur, each once. Mostly that is one, which is found without hashing every kernel's."""
    if precisions and precisions.count(precisions[0]) == len(precisions):
        return [precisions[0]]
    return list(dict.fromkeys(precisions))


def kernel_of(subgraph: Subgraph, graph: Graph, costs: Sequence[Cost], policy: Policy) -> Kernel:
    """What a mapper needs to know of a subgraph."""
    work = work_of(subgraph.operators, subgraph.anchor, graph, costs, policy)
    return replace(work, bytes=subgraph.bytes_moved, bytes_activations=subgraph.bytes_activations)


def work_of(
    operators: Sequence[int], anchor: int | None, graph: Graph, costs: Sequence[Cost], policy: Policy
) -> Kernel:
    """The kernel of these operators, without its traffic. Its leading operator is the anchor, else the one with most traffic."""
    members, domains = _members(operators, costs), graph.domains
    lead = anchor if anchor is not None else max(members, key=domains.__getitem__)
    eager = policy.dispatch == "operator"
    access = access_of(graph.operators[lead], costs[lead].family, graph) if eager else REGULAR
    return Kernel(
        family=costs[lead].family,
        kind=graph.operators[lead].kind,
        flops=sum([costs[m].flops for m in members]),
        macs=sum([costs[m].macs for m in members]),
        elements=max([domains[m] for m in members]),
        bytes=0.0,
        bytes_activations=0.0,
        gemm=costs[lead].gemm,
        contiguous_convolution=eager and costs[lead].family == "convolution",
        operators=tuple([(graph.operators[m].kind, costs[m].family) for m in members]),
        instructions=sum([instructions(graph.operators[m].kind) * domains[m] for m in members]),
        irregular=access.irregular,
        row=access.row,
        softmax_row=access.softmax_row,
        recopied=access.recopied,
        fresh=_fresh(members, graph),
        flops_by_work=tuple([(_work(m, graph, costs, policy), float(costs[m].flops)) for m in members]),
    )


def _work(operator: int, graph: Graph, costs: Sequence[Cost], policy: Policy) -> str:
    """An operator's class of work on a CPU. Compilers write loops over vectors where PyTorch's pools go window by window."""
    work = work_on_cpu(costs[operator].family, graph.operators[operator].kind, costs[operator].gemm)
    return "elementwise" if policy.dispatch != "operator" and work in POOLS else work


def _fresh(members: Sequence[int], graph: Graph) -> int:
    """Elements of results that no member reads, in storages that none of them was given."""
    tensors, operators = graph.tensors, graph.operators
    read = {t for m in members for t in operators[m].inputs}
    given = {tensors[t].storage for t in read}
    made = {t for m in members for t in operators[m].outputs} - read
    return sum({tensors[t].storage: tensors[t].elements for t in made if tensors[t].storage not in given}.values())


def instructions(kind: str) -> float:
    """Vector instructions an element of what arithmetic operations do not tell, as the branches of an error function."""
    return _instructions().get(kind, 0.0)


@cache
def _instructions() -> Mapping[str, float]:
    return constant_value("gpu", "instructions")


def kernel_precision(
    operators: Sequence[int], anchor: int | None, graph: Graph, costs: Sequence[Cost], numerics: Numerics
) -> Precision:
    """What a kernel computes in: the model's precision, or under autocast the widest type that its anchor reads, else any."""
    if isinstance(numerics, Precision):
        return numerics
    if isinstance(numerics, Defaults):
        cudnn = anchor is not None and costs[anchor].family in ("convolution", "recurrent")
        return Precision.TF32 if cudnn else Precision.FP32
    leading = _members(operators, costs) if anchor is None else [anchor]
    read = [graph.tensors[t] for member in leading for t in graph.operators[member].inputs]
    types = {tensor.dtype for tensor in read if not tensor.is_weight} or {tensor.dtype for tensor in read}
    return next((precision for dtype, precision in _WIDEST_FIRST if dtype in types), Precision.FP32)


def _members(operators: Sequence[int], costs: Sequence[Cost]) -> Sequence[int]:
    return [m for m in operators if costs[m].family != "view"] or operators
