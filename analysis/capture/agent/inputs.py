"""Which inputs to run a model with: as given, or inferred from its first layer."""

from __future__ import annotations

import inspect

import torch
from torch import nn

_IMAGE, _SEQUENCE, _WAVE = 224, 128, 16000


class NoInput(ValueError):
    """No input could be inferred; the message says what to add."""


def given(specs, origin):
    """Meta tensors for `[{"shape": [...], "dtype": "float32"}, ...]`, with the origin of each in words."""
    return [_input(spec["shape"], spec.get("dtype") or "float32", origin, spec.get("name", "")) for spec in specs]


def inferred(model, batch):
    """One guess from the first layer that fixes a shape."""
    needed = _required(model)
    for path, module in model.named_modules():
        guess = _from_layer(module, batch)
        if guess is not None:
            shape, dtype = guess
            if len(needed) > 1:
                raise NoInput(f"forward() needs {len(needed)} inputs ({', '.join(needed)}); give their shapes")
            return [_input(shape, dtype, f"assumed from {path or type(module).__name__}", needed[0] if needed else "")]
    raise NoInput("no layer fixes the shape of the input; give it")


def with_batch(specs, batch):
    """`specs` with the first dimension replaced by `batch`, when a batch is asked for."""
    if batch is None:
        return specs
    return [{**spec, "shape": [batch, *spec["shape"][1:]]} if spec["shape"] else spec for spec in specs]


def _input(shape, dtype, origin, name):
    tensor = torch.empty(tuple(shape), dtype=getattr(torch, dtype), device="meta")
    return {"tensor": tensor, "shape": list(shape), "dtype": dtype, "origin": origin, "name": name}


def _required(model):
    """Names of the parameters that `forward` needs."""
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return ["input"]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in kinds and p.default is inspect.Parameter.empty]


def _from_layer(module, batch):
    """`(shape, dtype)` that `module` accepts, or None."""
    if isinstance(module, nn.Conv1d):
        return [batch, module.in_channels, _WAVE], "float32"
    if isinstance(module, nn.Conv3d):
        return [batch, module.in_channels, 16, 112, 112], "float32"
    if isinstance(module, nn.Conv2d):
        return [batch, module.in_channels, _IMAGE, _IMAGE], "float32"
    if isinstance(module, nn.ConvTranspose2d):
        return [batch, module.in_channels, 1, 1], "float32"
    if isinstance(module, (nn.Embedding, nn.EmbeddingBag)):
        return [batch, _SEQUENCE], "int64"
    if isinstance(module, nn.RNNBase):
        shape = [batch, _SEQUENCE] if module.batch_first else [_SEQUENCE, batch]
        return [*shape, module.input_size], "float32"
    if isinstance(module, (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)):
        return [batch, _SEQUENCE, module.linear1.in_features], "float32"
    if isinstance(module, nn.Linear):
        return [batch, module.in_features], "float32"
    return None
