"""Stands for calls of what is not installed where its name says what it computes: layers named like PyTorch's, ranks.

`ColumnParallelLinear`, `FusedLayerNorm`: the words before say how a layer is computed or shared, not what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from . import fused_attention, openmmlab
from .signature import taken_by

_HOW = "Fused|Fast|Sync(?:hronized)?|Column|Row|Vocab|Parallel|Distributed|MixedFused|Apex"
_LAYER = re.compile(
    rf"(?:{_HOW})+(Linear|Embedding|Conv[123]d|ConvTranspose[123]d|LayerNorm|RMSNorm|GroupNorm|BatchNorm[123]d|Dropout|GELU)"
)
# Functions of a group of processes, and their result for a process that is alone.
_ALONE = {"world_size": 1, "rank": 0}
# Kinds of spaces of observations and actions, of which code asks what a space is.
_SPACES = frozenset("Space Box Discrete MultiDiscrete MultiBinary Dict Tuple".split())
# What was taken for a layer of PyTorch, in words.
taken: dict[str, None] = {}


def has_alike(name: str) -> bool:
    """Whether a call of `name`, or the question whether something is one, can be stood for."""
    last = name.rpartition(".")[2]
    return (
        openmmlab.stand_in(name) is not None
        or fused_attention.stand_in(name) is not None
        or fused_attention.leads_to_one(name)
        or last in _SPACES
        or _LAYER.fullmatch(last) is not None
        or _number(last) is not None
    )


def _number(last: str) -> int | None:
    return next((number for end, number in _ALONE.items() if re.fullmatch(rf"(.*_)?{end}", last)), None)


def alike(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What a call of `name` gives when something of PyTorch does the same; None when nothing does."""
    last = name.rpartition(".")[2]
    number = _number(last)
    found = _LAYER.fullmatch(last)
    cls = getattr(nn, found[1], None) if found is not None else None
    if number is not None or cls is None:
        return number
    layer = cls(*args, **taken_by(cls, kwargs))
    taken[f"{name} is not installed: taken for torch.nn.{cls.__name__}"] = None
    return layer


def stand_in(name: str) -> Callable[..., Any] | None:
    """What is called, or inherited from, in place of something of a package that is written anew here."""
    found = fused_attention.stand_in(name)
    if found is not None:
        taken[f"{name} is not installed: PyTorch's scaled_dot_product_attention computes the same"] = None
        return found
    found = openmmlab.stand_in(name)
    if found is not None:
        taken[f"{name} is not installed: taken as its documentation has it"] = None
    return found
