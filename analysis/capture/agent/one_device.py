"""Functions of PyTorch that compare the devices of their tensors before any operator runs: values go where there is no data."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from .values import is_meta, to_meta

_NAMES = ("quantile", "nanquantile", "take_along_dim", "stft", "cdist")


def install() -> None:
    """Only for a process that ends after the capture."""
    for holder in (torch, torch.Tensor):
        for name in _NAMES:
            if hasattr(holder, name):
                setattr(holder, name, _together(getattr(holder, name)))


def _together(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def called(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if is_meta(tensor):
            return _without_values(original, tensor, args, kwargs)
        return original(tensor, *args, **kwargs)

    return called


def _without_values(original: Callable[..., Any], tensor: torch.Tensor, args: Any, kwargs: Any) -> Any:
    """A number between, as `q` of a quantile may be, would become a tensor with a value."""
    args, kwargs = to_meta(
        tuple(_as_tensor(given, tensor) for given in args),
        {name: _as_tensor(given, tensor) for name, given in kwargs.items()},
    )
    return original(tensor, *args, **kwargs)


def _as_tensor(given: Any, like: torch.Tensor) -> Any:
    return torch.tensor(given, dtype=like.dtype) if isinstance(given, float) else given
