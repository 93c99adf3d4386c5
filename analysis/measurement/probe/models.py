"""A user's model for real: constructed as the capture found it, with weights as they are initialised and random inputs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import torch
from _graphperf_agent import assumed, order, program
from _graphperf_agent.inputs import ForwardInputs
from _graphperf_agent.making import Names
from torch import nn

from .energy import joules_of
from .formats import allow_tf32
from .pages import Cleared
from .timing import seconds_of, summary

_DTYPES = {"fp64": torch.float64, "fp16": torch.float16, "bf16": torch.bfloat16}
_AUTOCAST = {"amp": torch.float16, "amp-bf16": torch.bfloat16}


def measure(request: dict[str, Any], device: str) -> dict[str, Any]:
    """Seconds, joules and bytes of one run of a model in a precision and a mode."""
    torch.manual_seed(0)
    dtype = _DTYPES.get(request["precision"], torch.float32)
    allow_tf32(request["precision"])
    model = _constructed(request).to(device=device, dtype=dtype)
    model.eval()  # one's own may return nothing
    inputs: Mapping[str, torch.Tensor] = {
        spec["name"]: _input(spec, model, dtype, device) for spec in request["inputs"]
    }
    if request["channels_last"]:
        inputs = order.channels_last(model, inputs)
    settle: Callable[[], object] = torch.cuda.synchronize if device == "cuda" else _nothing
    with torch.no_grad(), _autocast(request["precision"], device):
        call = _call(model, inputs, request["mode"], request["batch"])
        for _ in range(3):
            call()
        settle()
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        cleared = Cleared(call)
        durations = seconds_of(cleared, device, request["clock"], request["seconds"])
        fresh = cleared.each if device == "cpu" else None
        used = joules_of(call, settle, device)
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else None
    joules, watts = used if used is not None else (None, None)
    found = summary(durations, request["clock"])
    return {**found, "joules": joules, "watts": watts, "peak_bytes": peak, "cleared": fresh}


def _nothing() -> None:
    """A processor has done what it was told when the call returns."""


def _constructed(request: dict[str, Any]) -> nn.Module:
    """The model of the expression with which the capture succeeded, in the namespace of the user's code."""
    file = request["file"]
    module = program.load_file(file, request) if file else program.load_module(request["module"], request["paths"])
    names = Names(module, assumed.guess_names(request["text"] or "", file or ""))
    model: nn.Module = eval(request["expression"], vars(module), names)
    return model


def _input(spec: dict[str, Any], model: nn.Module, dtype: torch.dtype, device: str) -> torch.Tensor:
    """Random numbers; integers that every embedding of the model has a row for."""
    shape, kind = spec["shape"], getattr(torch, spec["dtype"])
    if kind.is_floating_point:
        return torch.randn(shape, device=device).to(dtype if kind is torch.float32 else kind)
    if kind is torch.bool:
        return torch.ones(shape, dtype=kind, device=device)
    rows = [layer.num_embeddings for layer in model.modules() if isinstance(layer, nn.Embedding)]
    return torch.randint(min(rows, default=2), shape, dtype=kind, device=device)


def _call(model: nn.Module, inputs: Mapping[str, torch.Tensor], mode: str, batch: int) -> Callable[[], object]:
    """One run of the model in a mode: eager, compiled, cuda-graph."""
    run: Any = torch.compile(model) if mode == "compiled" else model
    forward = ForwardInputs(model, batch)
    if mode != "cuda-graph":
        return lambda: forward.call(inputs, run)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            forward.call(inputs)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        forward.call(inputs)
    return graph.replay


def _autocast(precision: str, device: str) -> contextlib.AbstractContextManager[Any]:
    if precision not in _AUTOCAST:
        return contextlib.nullcontext()
    return torch.autocast(device, dtype=_AUTOCAST[precision])
