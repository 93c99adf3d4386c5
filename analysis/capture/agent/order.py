"""The order in which images and the weights of their convolutions lie in memory."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.utils._pytree import tree_map


def channels_last(model: nn.Module, built: Mapping[str, Any]) -> Mapping[str, Any]:
    """Arguments whose tensors of four dimensions are channels-last, for a model whose weights are then too, as
    `model.to(memory_format=torch.channels_last)` has them."""
    for tensor in itertools.chain(model.parameters(), model.buffers()):
        if not is_lazy(tensor):
            tensor.data = _last(tensor.data)
    return {name: tree_map(_last, value) for name, value in built.items()}


def _last(value: Any) -> Any:
    if isinstance(value, torch.Tensor) and value.dim() == 4:
        return value.to(memory_format=torch.channels_last)
    return value
