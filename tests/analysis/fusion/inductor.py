"""The kernels that `torch.compile` generates for a CPU, counted by kind after inductor's scheduler has fused them.

No C++ is compiled: a kernel that does nothing stands in for each, and its results are never looked at. Choices that have to
do with the memory format of convolutions are off, since a captured graph says nothing of them.
"""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch._inductor import async_compile, config, ir, scheduler

# What an operator of inductor's loops may do and still only move data.
_MOVING = {
    "load", "store", "constant", "index_expr", "indirect_indexing", "check_bounds", "masked", "where", "to_dtype",
    "lt", "le", "gt", "ge", "eq", "ne", "and_", "or_", "logical_and", "logical_or", "logical_not",
}  # fmt: skip
_EXTERN = {"convolution": "convolution", "addmm": "matmul", "mm": "matmul", "bmm": "matmul", "baddbmm": "matmul",
           "scaled_dot_product": "attention", "topk": "library", "sort": "library"}  # fmt: skip


def kernels(model: torch.nn.Module, *inputs: torch.Tensor) -> Counter[str]:
    """Kernels by kind: convolution, matmul, attention, library, `fused` (generated, with arithmetic), `copy` (without)."""
    found: list[list[Any]] = []
    torch._dynamo.reset()
    with _scheduled(found.append), torch.no_grad():
        torch.compile(model.eval())(*inputs)
    return sum((_kinds(nodes) for nodes in found), Counter())


@contextmanager
def _scheduled(seen: Callable[[list[Any]], None]) -> Generator[None]:
    """Hands the kernels of each graph to `seen`."""

    def after_fusion(nodes: list[Any]) -> list[Any]:
        seen(list(nodes))
        return nodes

    options = {
        "_post_fusion_custom_pass": after_fusion, "force_disable_caches": True, "layout_optimization": False,
        "cpp.vec_isa_ok": True,
    }  # fmt: skip
    real, fast = async_compile.AsyncCompile.cpp_pybinding, torch.backends.mha.get_fastpath_enabled()
    async_compile.AsyncCompile.cpp_pybinding = lambda *_, **__: lambda *_, **__: None  # pyright: ignore[reportAttributeAccessIssue]
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with config.patch(options):
            yield
    finally:
        async_compile.AsyncCompile.cpp_pybinding = real
        torch.backends.mha.set_fastpath_enabled(fast)


def _kinds(nodes: Sequence[Any]) -> Counter[str]:
    """What writes the parts of one concatenation counts as one kernel: CPU code has a loop a part, GPU code one for all."""
    together: dict[str, str] = {}
    for node in nodes:
        if isinstance(node.node, ir.ConcatKernel):
            together.update({part.get_name(): node.get_name() for part in node.node.inputs})
    kinds: Counter[str] = Counter()
    joined: dict[str, str] = {}
    for node in nodes:
        kind = _kind(node)
        parts = [together[name] for name in node.get_buffer_names() if name in together]
        if kind in ("fused", "copy") and parts:
            joined[parts[0]] = "fused" if "fused" in (kind, joined.get(parts[0])) else "copy"
        elif kind:
            kinds[kind] += 1
    return kinds + Counter(joined.values())


def _kind(node: Any) -> str:
    """The kind of a kernel; none where there is nothing to run."""
    if isinstance(node, scheduler.ExternKernelSchedulerNode):
        kernel = node.node
        if isinstance(kernel, ir.MultiOutput):
            return ""
        name = f"{getattr(kernel, 'python_kernel_name', '')} {getattr(kernel, 'op_overload', '')}"
        return next((kind for part, kind in _EXTERN.items() if part in name), name)
    if isinstance(node, scheduler.NopKernelSchedulerNode):
        return ""
    return "copy" if all(_moves(part.node) for part in node.get_nodes()) else "fused"


def _moves(buffer: Any) -> bool:
    """Whether a loop computes nothing."""
    data = buffer.data
    return isinstance(data, ir.Pointwise) and not set(data.inner_fn_opcount().used_ops) - _MOVING
