"""Moving to a GPU does nothing: a model is estimated for the device that is asked for, wherever its code says it runs.

`torch.cuda.is_available()` stays false, and what asks a GPU for its properties is still refused (`guards`).
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import torch

from . import without

_TENSORS = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
_MESSAGE = "moves to a GPU: a capture has none, and the estimate is for the chosen hardware; this does nothing here"
_WORDS = "the code moves tensors to a GPU: all of it runs on the device that is asked for"


def is_gpu(device: object) -> bool:
    """Whether a `device` argument means a GPU; a number does."""
    if isinstance(device, torch.device):
        return device.type == "cuda"
    return type(device) is int or (isinstance(device, str) and device.partition(":")[0] == "cuda")


def note() -> None:
    """Something was moved to a GPU."""
    without.note(_MESSAGE, _WORDS)


def install() -> None:
    """Only for a process that ends after the capture."""
    torch.Tensor.cuda = _stay(torch.Tensor.cuda)  # type: ignore[method-assign]
    torch.nn.Module.cuda = _stay(torch.nn.Module.cuda)  # type: ignore[method-assign]
    torch.Tensor.to = _to(torch.Tensor.to)  # type: ignore[method-assign]
    torch.Tensor.__new__ = staticmethod(_anywhere(torch.Tensor.__new__))  # type: ignore[method-assign,assignment]
    refused = torch.cuda._lazy_init
    torch.cuda._lazy_init = functools.wraps(refused)(lambda: _initialise(refused))  # type: ignore[assignment]
    torch.cuda.synchronize = functools.wraps(torch.cuda.synchronize)(lambda *_, **__: None)  # type: ignore[assignment]
    for name in _TENSORS:
        setattr(torch.cuda, f"{name}Tensor", getattr(torch, f"{name}Tensor"))


def _stay(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def cuda(self: Any, *_: object, **__: object) -> Any:
        note()
        return self

    return cuda


def _to(original: Callable[..., Any]) -> Callable[..., Any]:
    """`tensor.to(...)` without the device where that is a GPU."""

    @functools.wraps(original)
    def to(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if not is_gpu(args[0] if args else kwargs.get("device")):
            return original(tensor, *args, **kwargs)
        note()
        dtype = args[1] if len(args) > 1 else kwargs.get("dtype")
        return tensor if dtype is None else original(tensor, dtype)

    return to


def _anywhere(original: Callable[..., Any]) -> Callable[..., Any]:
    """`torch.Tensor(values, device=x.device)`, which PyTorch has for processors only, where `x` is without data."""

    @functools.wraps(original)
    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        device = kwargs.pop("device", None)
        made = original(cls, *args, **kwargs)
        return made if device is None else made.to(device)

    return new


def _initialise(refuse: Callable[[], None]) -> None:
    """Asked by PyTorch's C++ for the sake of a `device` argument, which is replaced later; by its Python for a GPU."""
    if (sys._getframe(2).f_globals.get("__name__") or "").startswith("torch.cuda"):
        refuse()
    note()
