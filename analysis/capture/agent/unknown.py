"""Operators whose result depends on data: an upper bound or a stated assumption, never a refusal.

`nonzero`, boolean masks and `nms` are taken to keep everything, `unique` to find few values. A value that the program asks
for (`.item()`, an `if` on a tensor) is assumed: a check for anything wrong finds nothing, a length is the longest that the
input has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch

_ASSERTED = re.compile(r"\s*assert (?!.*\bnot\b)")
Args = tuple[Any, ...]
Kwargs = dict[str, Any]
_META = torch.device("meta")
DISTINCT = 16  # programs loop over distinct labels or levels, which are few


def _meta(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype, device=_META)


def _nonzero(args: Args, kwargs: Kwargs) -> torch.Tensor:
    return _meta((args[0].numel(), args[0].dim()), torch.int64)


def _masked_select(args: Args, kwargs: Kwargs) -> torch.Tensor:
    shape = torch.broadcast_shapes(args[0].shape, args[1].shape)
    return _meta((torch.Size(shape).numel(),), args[0].dtype)


def _unique(args: Args, kwargs: Kwargs) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    data = args[0]
    found = min(data.numel(), DISTINCT)
    return _meta((found,), data.dtype), _meta(tuple(data.shape), torch.int64), _meta((found,), torch.int64)


def _unique_dim(args: Args, kwargs: Kwargs) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    data, dim = args[0], int(args[1])
    length = data.shape[dim]
    shape = list(data.shape)
    shape[dim] = min(length, DISTINCT)
    return _meta(tuple(shape), data.dtype), _meta((length,), torch.int64), _meta((shape[dim],), torch.int64)


def _nms(args: Args, kwargs: Kwargs) -> torch.Tensor:
    return _meta((args[0].shape[0],), torch.int64)


def _bincount(args: Args, kwargs: Kwargs) -> torch.Tensor:
    counted: torch.Tensor = args[0]
    least = int(args[2] if len(args) > 2 else kwargs.get("minlength", 0))
    return _meta((max(least, counted.numel()),), torch.int64)


def _repeat_interleave(args: Args, kwargs: Kwargs) -> torch.Tensor:
    size: int | None = kwargs.get("output_size")
    repeats: torch.Tensor = args[0]
    return _meta((size if size is not None else repeats.numel(),), torch.int64)


def _equal(args: Args, kwargs: Kwargs) -> bool:
    return True


def _nothing(args: Args, kwargs: Kwargs) -> None:
    return None


# Base name → (what is assumed in words, the result).
DATA_DEPENDENT: dict[str, tuple[str, Callable[[Args, Kwargs], object]]] = {
    "nonzero": ("nonzero keeps every element", _nonzero),
    "masked_select": ("a mask keeps every element", _masked_select),
    "_unique2": (f"at most {DISTINCT} different values", _unique),
    "_unique": (f"at most {DISTINCT} different values", _unique),
    "unique_dim": (f"at most {DISTINCT} different values", _unique_dim),
    "unique_consecutive": (f"at most {DISTINCT} different values", _unique),
    "nms": ("nms keeps every box", _nms),
    "bincount": ("counted values are below the number of elements", _bincount),
    "repeat_interleave": ("repeats sum to their number", _repeat_interleave),
    "equal": ("compared tensors are equal", _equal),
    "_assert_async": ("", _nothing),
    "_assert_tensor_metadata": ("", _nothing),
}


def scalar(tensor: torch.Tensor, producer: str, longest: int, line: str) -> tuple[bool | int | float | complex, str]:
    """A value for a tensor of one element that has none, and the assumption in words.

    `producer` is the base name of the operator that computed it; `longest` the longest dimension of an input; `line` the
    user's line that asks for it.
    """
    if tensor.dtype == torch.bool and _ASSERTED.match(line):
        return True, "what the code asserts of data holds"
    if tensor.dtype == torch.bool:
        value = producer in ("all", "isfinite", "eq", "logical_not", "bitwise_not")
        return value, f"a condition on data ({producer or 'a tensor'}) is {str(value).lower()}"
    if tensor.dtype.is_floating_point:
        return 1.0, f"a number computed from data ({producer or 'a tensor'}) is 1"
    if tensor.dtype.is_complex:
        return 1.0 + 0.0j, f"a number computed from data ({producer or 'a tensor'}) is 1"
    return longest, f"a length computed from data ({producer or 'a tensor'}) is {longest}"
