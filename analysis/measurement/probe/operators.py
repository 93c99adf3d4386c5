"""One operator, or nothing but its launch, measured on tensors of given shapes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .energy import idle_watts, joules_of
from .formats import allow_tf32
from .pages import cleared
from .timing import seconds_of, summary

_DTYPES = {
    "fp64": torch.float64,
    "fp32": torch.float32,
    "tf32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
}
_COLD_BYTES = 1 << 28  # more than any cache keeps; what is read after it has been forgotten
_MOST_COPIES = 64
_LAUNCHES = 200
_IN_CONTEXT = 25


def _channels_last_convolution(x: Tensor, w: Tensor, padding: int) -> Tensor:
    """As a model compiled for a CPU calls it: channels are last in `x` already, the weights are copied into that order."""
    return F.conv2d(x.permute(0, 3, 1, 2), w.contiguous(memory_format=torch.channels_last), padding=padding)


# name: (operands, arguments) -> result. What a model calls in eager mode.
_OPERATORS: dict[str, Callable[..., Any]] = {
    "linear": lambda x, w, b: F.linear(x, w, b),
    "matmul": torch.matmul,
    "conv2d": lambda x, w, **kw: F.conv2d(x, w, **kw),
    "conv2d_compiled": _channels_last_convolution,
    "attention": lambda q, k, v: F.scaled_dot_product_attention(q, k, v),
    "add": torch.add,
    "gelu": F.gelu,
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "copy": torch.clone,
    "copy_into": lambda x, y: y.copy_(x),
    "permute": lambda x: x.permute(0, 2, 3, 1).contiguous(),
    "cat": lambda x, y: torch.cat((x, y), 1),
    "batch_norm": lambda x, m, v: F.batch_norm(x, m, v.abs(), m, v),
    "layer_norm": lambda x, w: F.layer_norm(x, w.shape, w, w),
    "softmax": lambda x: F.softmax(x, -1),
    "mean": lambda x: x.mean((-1, -2)),
    "max_pool": lambda x: F.max_pool2d(x, 3, 2, 1),
    "avg_pool": lambda x: F.avg_pool2d(x, 2),
}
# Modules of four pixels: what they take is dispatch.
_MODULES: dict[str, Callable[[], nn.Module]] = {
    "pointwise": nn.ReLU,
    "convolution": lambda: nn.Conv2d(16, 16, 3, padding=1, bias=False),
    "pointwise-convolution": lambda: nn.Conv2d(16, 16, 1, bias=False),
    "depthwise": lambda: nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False),
    "batch-norm": lambda: nn.BatchNorm2d(16),
    "normalization": lambda: nn.LayerNorm(2),
    "matmul": lambda: nn.Linear(2, 16),
    "pool": lambda: nn.AvgPool2d(2),
}


def measure(request: dict[str, Any], device: str) -> dict[str, Any]:
    """Seconds of one call of the operator in a request, with joules where it asks for them."""
    if request["op"] == "idle":
        return {"watts": idle_watts(device)}
    clock, limit = request["clock"], request["seconds"]
    allow_tf32(request["precision"])
    with torch.no_grad():
        if request["op"] in ("dispatch", "dispatch-alone"):
            among_others = request["op"] == "dispatch"
            return summary(_dispatches(request["operator"], device, clock, limit, among_others), clock)
        call, calls, before = _call(request, device)
        call()
        durations = [each / calls for each in seconds_of(call, device, clock, limit, before)]
        settle: Callable[[], object] = torch.cuda.synchronize if device == "cuda" else (lambda: None)
        used = joules_of(call, settle, device) if request["energy"] else None
    joules, watts = used if used is not None else (None, None)
    return {**summary(durations, clock), "joules": joules and joules / calls, "watts": watts}


def _dispatches(name: str, device: str, clock: str, limit: float, among_others: bool) -> list[float]:
    """Host seconds of a module: over and over, or after others have run and data has filled the caches, as in a model."""
    modules = {each: make().eval().to(device) for each, make in _MODULES.items()}
    x, data = torch.randn(1, 16, 2, 2, device=device), torch.randn(1 << 20, device=device)
    module, now = modules[name], time.thread_time if clock == "cpu" else time.perf_counter
    end = time.monotonic() + limit
    found: list[float] = []
    while time.monotonic() < end or len(found) < _IN_CONTEXT:
        if among_others:
            for other in modules.values():
                other(x)
            data.relu_()
        if device == "cuda":
            torch.cuda.synchronize()
        start = now()
        module(x)
        found.append(now() - start)
    return found[2:]


def _call(request: dict[str, Any], device: str) -> tuple[Callable[[], object], int, Callable[[], object] | None]:
    """What to time, how many operators run in it, and what runs before it: operands that are `written` lie where the operator
    before leaves its results in a model."""
    name = request["operator"]
    if request["op"] == "launch":
        return (*_launches(name, device), None)
    if request["op"] == "clearing":
        return lambda: cleared(request["shapes"][0][0]), 1, None
    dtype = _DTYPES[request["precision"]]
    operands = [
        _copies(shape, dtype, device, place in request["cold"]) for place, shape in enumerate(request["shapes"])
    ]
    function, arguments = _OPERATORS[name], request["arguments"]
    warm = [next(operand) for place, operand in enumerate(operands) if place not in request["cold"]]

    def write() -> None:
        for operand in warm:
            operand.mul_(1.0)

    run = lambda: function(*[next(operand) for operand in operands], **arguments)  # noqa: E731
    return run, 1, write if request["written"] else None


def _copies(shape: list[int], dtype: torch.dtype, device: str, cold: bool) -> itertools.cycle[Tensor]:
    """The tensor again and again; where it has to be cold, so many of them in turn that caches forget each before its turn."""
    first = torch.randn(shape, device=device).to(dtype)
    many = -(-_COLD_BYTES // (first.numel() * first.element_size())) if cold else 1
    return itertools.cycle([first, *(first.clone() for _ in range(min(many, _MOST_COPIES) - 1))])


def _launches(name: str, device: str) -> tuple[Callable[[], object], int]:
    """Kernels that depend on each other and do nothing to speak of: in a stream, or replayed from a CUDA graph."""
    x = torch.zeros(64, device=device)

    def chain() -> None:
        for _ in range(_LAUNCHES):
            x.add_(1.0)

    if name == "stream":
        return chain, _LAUNCHES
    for _ in range(3):
        chain()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        chain()
    return graph.replay, _LAUNCHES
