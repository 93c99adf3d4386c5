"""Which inputs to run a model with: as given, or inferred from its first layer."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TypedDict

import torch
from torch import nn

_IMAGE, _SEQUENCE, _WAVE = 224, 128, 16000


class _Shaped(TypedDict):
    shape: list[int]


class GivenInput(_Shaped, total=False):
    """An input as the host gives it."""

    dtype: str
    name: str


class ModelInput(TypedDict):
    """An input to run the model with; `origin` says in words where its shape is from."""

    tensor: torch.Tensor
    shape: list[int]
    dtype: str
    origin: str
    name: str


class NoInputError(ValueError):
    """No input could be inferred; the message says what to add."""


def given(specs: Sequence[GivenInput], origin: str) -> list[ModelInput]:
    """Meta tensors for `[{"shape": [...], "dtype": "float32"}, ...]`, with the origin of each in words."""
    return [_input(spec["shape"], spec.get("dtype") or "float32", origin, spec.get("name", "")) for spec in specs]


def inferred(model: nn.Module, batch: int) -> list[ModelInput]:
    """One guess from the first layer that fixes a shape."""
    needed = _required(model)
    for path, module in model.named_modules():
        guess = _from_layer(module, batch)
        if guess is not None:
            shape, dtype = guess
            if len(needed) > 1:
                raise NoInputError(f"forward() needs {len(needed)} inputs ({', '.join(needed)}); give their shapes")
            return [_input(shape, dtype, f"assumed from {path or type(module).__name__}", needed[0] if needed else "")]
    raise NoInputError("no layer fixes the shape of the input; give it")


def with_batch(specs: list[GivenInput], batch: int | None) -> list[GivenInput]:
    """`specs` with the first dimension replaced by `batch`, when a batch is asked for."""
    if batch is None:
        return specs
    return [{**spec, "shape": [batch, *spec["shape"][1:]]} if spec["shape"] else spec for spec in specs]


def _input(shape: Sequence[int], dtype: str, origin: str, name: str) -> ModelInput:
    tensor = torch.empty(tuple(shape), dtype=getattr(torch, dtype), device="meta")
    return {"tensor": tensor, "shape": list(shape), "dtype": dtype, "origin": origin, "name": name}


def _required(model: nn.Module) -> list[str]:
    """Names of the parameters that `forward` needs."""
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return ["input"]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in kinds and p.default is inspect.Parameter.empty]


def _from_layer(module: nn.Module, batch: int) -> tuple[list[int], str] | None:
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
