"""Calls recorded as one operator although PyTorch runs them as several: attention, recurrent layers, and eval dropout.

Without data PyTorch would take the slow reference path of these (attention as two matmuls and a softmax, an LSTM as
thousands of small operators), which is not what the hardware runs. Each is replaced by a wrapper that records one
operator and computes the result shape with recording off.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import _VF

from .recorder import Argument, Recorder
from .values import Args, Kwargs, any_meta, to_meta

# The tensors and the other arguments of a call.
_Description = tuple[Sequence[Argument], Kwargs]

_RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")
_ATTENTION = "scaled_dot_product_attention"
# From this PyTorch on, a GPU runs RMS normalization as one kernel (pytorch/pytorch#153666); without data it is still several.
_FUSED_RMS_NORM = (2, 9)
_LAYOUT = ("has_biases", "num_layers", "dropout", "train", "bidirectional", "batch_first")


def install(recorder: Recorder) -> None:
    """Replaces the functions by recording ones. Only for a process that ends after the capture."""
    F.scaled_dot_product_attention = _atom(recorder, F.scaled_dot_product_attention, _ATTENTION, _attention)
    F.dropout = _dropout(recorder, F.dropout)
    if _torch_version() >= _FUSED_RMS_NORM:
        F.rms_norm = _atom(recorder, F.rms_norm, "rms_norm", _rms_norm)
    for name in _RECURRENT:
        setattr(_VF, name, _atom(recorder, getattr(_VF, name), name, _recurrent))


def _torch_version() -> tuple[int, ...]:
    return tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])


def _atom(
    recorder: Recorder, original: Callable[..., Any], kind: str, describe: Callable[[Args, Kwargs], _Description]
) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not recorder.recording:
            return original(*args, **kwargs)
        recorder.recording = False
        try:
            brought, named = to_meta(args, kwargs) if any_meta((args, tuple(kwargs.values()))) else (args, kwargs)
            if kind in _RECURRENT and _is_packed(args):
                brought = (brought[0], args[1], *brought[2:])  # PyTorch reads the batch sizes on the host
            result = original(*brought, **named)
            if kind == _ATTENTION:
                result = _laid_out_like(brought[0] if brought else named["query"], result)
        finally:
            recorder.recording = True
        inputs, attributes = describe(args, kwargs)
        outputs = result if isinstance(result, tuple) else (result,)
        recorder.record_atom(kind, inputs, [o for o in outputs if isinstance(o, torch.Tensor)], attributes)
        return result

    return call


def _laid_out_like(query: torch.Tensor, result: torch.Tensor) -> torch.Tensor:
    """The result as fused kernels write it, with the query's order of dimensions: then putting the heads together is a view.

    PyTorch's math path, which runs without data, writes it row by row.
    """
    if result.device.type != "meta" or result.dim() != 4 or result.shape != query.shape:
        return result
    return torch.empty_like(query, dtype=result.dtype)


def _attention(args: Args, kwargs: Kwargs) -> _Description:
    names = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")
    given = {**dict(zip(names, args)), **kwargs}  # noqa: B905 (Python 3.10)
    inputs = [(name, value) for name, value in given.items() if isinstance(value, torch.Tensor)]
    return inputs, {name: value for name, value in given.items() if not isinstance(value, torch.Tensor)}


def _rms_norm(args: Args, kwargs: Kwargs) -> _Description:
    given = {**dict(zip(("input", "normalized_shape", "weight", "eps"), args)), **kwargs}  # noqa: B905 (Python 3.10)
    inputs = [(name, value) for name, value in given.items() if isinstance(value, torch.Tensor)]
    return inputs, {name: value for name, value in given.items() if not isinstance(value, torch.Tensor)}


def _recurrent(args: Args, kwargs: Kwargs) -> _Description:
    """`lstm(input, hx, weights, has_biases, num_layers, dropout, train, bidirectional, batch_first)`, or packed."""
    if _is_packed(args):
        data, state, weights = args[0], args[2], args[3]
        names, rest = _LAYOUT[:-1], args[4:]
    else:
        data, state, weights = args[0], args[1], args[2]
        names, rest = _LAYOUT, args[3:]
    states = state if isinstance(state, (tuple, list)) else (state,)
    inputs = [("input", data), *(("hx", s) for s in states), *(("params", w) for w in weights)]
    return inputs, dict(zip(names, rest))  # noqa: B905 (Python 3.10)


def _is_packed(args: Args) -> bool:
    """Whether a recurrent layer got a packed sequence: `(data, batch_sizes, hx, weights, ...)`."""
    return (
        isinstance(args[1], torch.Tensor)
        and isinstance(args[2], (tuple, list, torch.Tensor))
        and isinstance(args[3], (tuple, list))
    )


def _dropout(recorder: Recorder, original: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def dropout(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        if not recorder.recording or given.get("training", True):
            return original(*args, **kwargs)
        tensor = given["input"]
        recorder.record_atom("dropout", [("input", tensor)], [tensor], {"p": given.get("p", 0.5)})
        return tensor

    return dropout
