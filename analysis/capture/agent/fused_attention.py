"""What xformers and flash-attn compute, by PyTorch's scaled dot product attention, for where they are not installed.

Their tensors are batch × positions × heads × width of a head, PyTorch's batch × heads × positions × width. Sequences of several
lengths that are packed after each other are taken as one: an upper bound.
https://facebookresearch.github.io/xformers/components/ops.html, https://github.com/Dao-AILab/flash-attention#how-to-use-flashattention
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional as F

_PACKAGES = ("xformers", "flash_attn")
# What leads to the functions.
_PLACES = frozenset(["ops", "fmha", "attn_bias", "BlockDiagonalMask", "flash_attn_interface"])


class Lengths:
    """Stands for the lengths of sequences that are packed after each other."""

    def make_causal(self) -> Lengths:
        """They stay what they are."""
        return self


def memory_efficient_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_bias: Any = None,
    p: float = 0.0,
    scale: float | None = None,
    **_: object,
) -> torch.Tensor:
    """Of xformers; without the axis of the heads there is one of them. A bias that is no tensor says where sequences end."""
    mask = attn_bias if isinstance(attn_bias, torch.Tensor) else None
    if query.dim() == 3:
        first, *others = (item[:, :, None] for item in (query, key, value))
        return _attention(first, *others, mask=None if mask is None else mask[:, None], scale=scale)[:, :, 0]
    if query.dim() == 5:  # groups of heads that share keys and values
        first, *others = (item.flatten(2, 3) for item in (query, key, value))
        mask = mask.flatten(1, 2) if mask is not None and mask.dim() == 5 else mask
        return _attention(first, *others, mask=mask, scale=scale).unflatten(2, query.shape[2:4])
    return _attention(query, key, value, mask=mask, scale=scale)


def unbind(data: torch.Tensor, dim: int) -> Sequence[torch.Tensor]:
    """Of xformers."""
    return data.unbind(dim)


def flash_attn_func(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    dropout_p: float = 0.0,
    softmax_scale: float | None = None,
    causal: bool = False,
    **_: object,
) -> torch.Tensor:
    """Of flash-attn."""
    return _attention(q, k, v, causal=causal, scale=softmax_scale)


def flash_attn_qkvpacked_func(
    qkv: torch.Tensor,
    dropout_p: float = 0.0,
    softmax_scale: float | None = None,
    causal: bool = False,
    **_: object,
) -> torch.Tensor:
    """Of flash-attn: queries, keys and values along the third axis."""
    return _attention(*qkv.unbind(2), causal=causal, scale=softmax_scale)


def flash_attn_kvpacked_func(
    q: torch.Tensor,
    kv: torch.Tensor,
    dropout_p: float = 0.0,
    softmax_scale: float | None = None,
    causal: bool = False,
    **_: object,
) -> torch.Tensor:
    """Of flash-attn: keys and values along the third axis."""
    return _attention(q, *kv.unbind(2), causal=causal, scale=softmax_scale)


def flash_attn_varlen_func(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    *_: object,
    softmax_scale: float | None = None,
    causal: bool = False,
    **__: object,
) -> torch.Tensor:
    """Of flash-attn: positions × heads × width, sequences after each other."""
    return _attention(*(item[None] for item in (q, k, v)), causal=causal, scale=softmax_scale)[0]


def _attention(
    *tensors: torch.Tensor, mask: torch.Tensor | None = None, causal: bool = False, scale: float | None = None
) -> torch.Tensor:
    """Of queries, keys and values."""
    query, key, value = tensors
    heads = query.shape[2] // key.shape[2]
    if heads > 1:  # fewer heads of keys and values
        key, value = key.repeat_interleave(heads, 2), value.repeat_interleave(heads, 2)
    query, key, value = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
    return F.scaled_dot_product_attention(query, key, value, mask, is_causal=causal, scale=scale).transpose(1, 2)


def from_seqlens(*_: object, **__: object) -> Lengths:
    """`BlockDiagonalMask.from_seqlens` of xformers."""
    return Lengths()


_STAND_INS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        memory_efficient_attention,
        unbind,
        flash_attn_func,
        flash_attn_qkvpacked_func,
        flash_attn_kvpacked_func,
        flash_attn_varlen_func,
        from_seqlens,
    )
}


def leads_to_one(name: str) -> bool:
    """Whether `name` is that of a module or a class with such functions."""
    return name.partition(".")[0] in _PACKAGES and name.rpartition(".")[2] in _PLACES


def stand_in(name: str) -> Callable[..., Any] | None:
    """What computes the same as the function of a package that is called `name`, with its module; None for others."""
    return _STAND_INS.get(name.rpartition(".")[2]) if name.partition(".")[0] in _PACKAGES else None
