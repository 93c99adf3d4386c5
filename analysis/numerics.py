"""The number formats that a model runs in: one throughout, those that `torch.autocast` picks, or PyTorch's defaults."""

from __future__ import annotations

import difflib
from enum import Enum

from ..hardware_profiles import HardwareProfile, Precision


class Autocast(str, Enum):
    """FP32 weights under `torch.autocast("cuda", dtype=...)`; the value is its spelling in settings and reports."""

    FP16 = "amp"
    BF16 = "amp-bf16"

    @property
    def low(self) -> Precision:
        """The format of matrix products and convolutions."""
        return Precision.FP16 if self is Autocast.FP16 else Precision.BF16

    @property
    def dtype(self) -> str:
        """The name of that format in torch."""
        return "float16" if self is Autocast.FP16 else "bfloat16"


class Defaults(str, Enum):
    """FP32 as PyTorch runs it where nothing is set: `torch.backends.cudnn.allow_tf32` is on, `cuda.matmul.allow_tf32` off."""

    CUDNN_TF32 = "tf32-conv"


Numerics = Precision | Autocast | Defaults
ALL_NUMERICS: tuple[Numerics, ...] = (*Precision, *Autocast, *Defaults)
_ALIASES = {"amp-fp16": "amp", "amp-float16": "amp", "amp-half": "amp", "autocast": "amp", "amp-bfloat16": "amp-bf16"}


def parse_numerics(text: str) -> Numerics:
    """Reads `amp`, `amp-bf16`, `tf32-conv` or a precision. Raises `ValueError` naming the nearest spellings."""
    word = text.strip().lower().replace("_", "-")
    value = _ALIASES.get(word, word)
    modes = {mode.value: mode for mode in (*Autocast, *Defaults)}
    if value in modes:
        return modes[value]
    try:
        return Precision.parse(text)
    except ValueError:
        close = difflib.get_close_matches(word, modes, 1)
        if not close:
            raise
        raise ValueError(f"unknown precision {text!r}; did you mean {close[0]}?") from None


def runs_in(device: HardwareProfile, numerics: Numerics) -> bool:
    """Whether the device computes in these formats. Autocast casts for a GPU's matrix unit: it needs one that takes them."""
    if isinstance(numerics, Precision):
        return device.supports(numerics)
    needed = Precision.TF32 if isinstance(numerics, Defaults) else numerics.low
    return device.kind == "gpu" and needed in device.compute.matrix


def stored_as(numerics: Numerics) -> Precision:
    """What a tensor of the graph that is float32 is stored as; under autocast the graph has the real types."""
    return numerics if isinstance(numerics, Precision) else Precision.FP32
