"""Result shapes of operators whose meta kernels PyTorch writes in Python, step by step: half of a capture would be theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

Args = tuple[Any, ...]
_META = torch.device("meta")


def _batch_norm(args: Args) -> object:
    """`(input, weight, bias, running_mean, running_var, training, momentum, eps)`; in training PyTorch does it itself."""
    if args[5]:
        return None
    none = torch.empty((0,), dtype=args[0].dtype, device=_META)
    return torch.empty_like(args[0]), none, torch.empty_like(none)


def _layer_norm(args: Args) -> object:
    """`(input, normalized_shape, weight, bias, eps)` → result, mean and reciprocal deviation of each row."""
    data, normalized = args[0], len(args[1])
    if tuple(data.shape[-normalized:]) != tuple(args[1]):
        return None
    kept = (*data.shape[:-normalized], *(1,) * normalized)
    mean = torch.empty(kept, dtype=data.dtype, device=_META)
    return torch.empty(data.shape, dtype=data.dtype, device=_META), mean, torch.empty_like(mean)


def _group_norm(args: Args) -> object:
    """`(input, weight, bias, N, C, HxW, group, eps)` → result, mean and reciprocal deviation of each group."""
    data, samples, groups = args[0], args[3], args[6]
    mean = torch.empty((samples, groups), dtype=data.dtype, device=_META)
    return torch.empty_like(data), mean, torch.empty_like(mean)


def _same(args: Args) -> object:
    """A floating-point activation: a result like its input."""
    return torch.empty_like(args[0]) if args[0].is_floating_point() else None


def _in_place(args: Args) -> object:
    """A floating-point activation in place."""
    return args[0] if args[0].is_floating_point() else None


def _in_place_of_two(args: Args) -> object:
    """`x += y` for tensors of one shape and type."""
    left, right = args[0], args[1]
    if isinstance(right, torch.Tensor) and right.shape == left.shape and right.dtype == left.dtype:
        return left
    return None


_ACTIVATIONS = ("relu", "hardtanh", "silu", "sigmoid", "tanh", "gelu", "hardswish", "hardsigmoid", "leaky_relu", "elu")

# Base name → the result for positional arguments on meta, or None where PyTorch must do it.
KNOWN: dict[str, Callable[[Args], object]] = {
    "native_batch_norm": _batch_norm,
    "native_layer_norm": _layer_norm,
    "native_group_norm": _group_norm,
    **dict.fromkeys(_ACTIVATIONS, _same),
    **{f"{name}_": _in_place for name in _ACTIVATIONS},
    **dict.fromkeys(("add_", "mul_"), _in_place_of_two),
}
