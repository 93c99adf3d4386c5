"""`torch.stft` as older code calls it, and `torch.istft` without data: PyTorch's own reads the values of the window to see
whether it can be undone."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from . import without
from .values import is_meta

# The place of `return_complex` among the arguments after the signal.
_COMPLEX = 8


def install() -> None:
    """Only for a process that ends after the capture."""
    torch.stft = _in_pairs(torch.stft)  # the tensor's method calls it
    torch.istft = _without_data(torch.istft)
    torch.Tensor.istft = _without_data(torch.Tensor.istft)  # type: ignore[method-assign]


def _in_pairs(original: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    @functools.wraps(original)
    def stft(signal: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if kwargs.get("return_complex") is not None or signal.is_complex() or len(args) > _COMPLEX:
            return original(signal, *args, **kwargs)
        without.assume("torch.stft without return_complex gives pairs of real numbers, as it did before PyTorch 2.0")
        return torch.view_as_real(original(signal, *args, **{**kwargs, "return_complex": True}))

    return stft


def _without_data(original: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    @functools.wraps(original)
    def istft(spectrum: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        return (_istft if is_meta(spectrum) else original)(spectrum, *args, **kwargs)

    return istft


def _istft(
    spectrum: torch.Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: torch.Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> torch.Tensor:
    """(batch, frequencies, frames) → (batch, samples), by the steps of PyTorch's `aten/src/ATen/native/SpectralOps.cpp`."""
    hop, size = hop_length or n_fft // 4, win_length or n_fft
    if window is None:
        window = torch.ones(size, device=spectrum.device)
    if size < n_fft:
        window = torch.nn.functional.pad(window, ((n_fft - size) // 2, n_fft - size - (n_fft - size) // 2))
    batched = spectrum if spectrum.dim() == 3 else spectrum.unsqueeze(0)
    inverse = torch.fft.ifft if return_complex or onesided is False else torch.fft.irfft
    frames = inverse(batched.transpose(1, 2), n_fft, norm="ortho" if normalized else "backward")
    frames = frames if return_complex else frames.real if frames.is_complex() else frames
    samples = n_fft + hop * (frames.shape[1] - 1)
    joined = _overlapped(frames * window, samples, hop)
    weight = _overlapped((window * window).expand(1, frames.shape[1], n_fft), samples, hop)
    start = n_fft // 2 if center else 0
    end = samples - start if length is None else min(start + length, samples)
    result = joined[:, start:end] / weight[:, start:end]
    if length is not None and end - start < length:
        result = torch.nn.functional.pad(result, (0, length - (end - start)))
    return result if spectrum.dim() == 3 else result.squeeze(0)


def _overlapped(frames: torch.Tensor, samples: int, hop: int) -> torch.Tensor:
    """(batch, frames, size) added up where they overlap → (batch, samples)"""
    shape = [frames.shape[0], samples]
    return torch.ops.aten.unfold_backward(frames, shape, 1, frames.shape[2], hop)
