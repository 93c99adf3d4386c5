"""Functions that PyTorch has removed, by those that it names in their place: older code runs as it did."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from . import without


def install() -> None:
    """Only for a process that ends after the capture."""
    for name, (instead, function) in _INSTEAD.items():
        if hasattr(torch, name):
            setattr(torch, name, _replaced(getattr(torch, name), name, instead, function))


def _qr(data: torch.Tensor, some: bool = True) -> Any:
    return torch.linalg.qr(data, "reduced" if some else "complete")


def _symeig(data: torch.Tensor, eigenvectors: bool = False, upper: bool = True) -> Any:
    side = "U" if upper else "L"
    return torch.linalg.eigh(data, side) if eigenvectors else (torch.linalg.eigvalsh(data, side), data.new_empty(0))


_INSTEAD: dict[str, tuple[str, Callable[..., Any]]] = {
    "qr": ("torch.linalg.qr", _qr),
    "symeig": ("torch.linalg.eigh", _symeig),
}


def _replaced(
    original: Callable[..., Any], name: str, instead: str, function: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        message = f"torch.{name} is not in every PyTorch: {instead} runs in its place"
        without.note(message, message)
        return function(*args, **kwargs)

    return call
