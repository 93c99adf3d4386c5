"""Initial states that a model makes itself: `init_hidden(batch_size)` gives what `forward` takes as `hidden`."""

from __future__ import annotations

import inspect
import re
from typing import Any

import torch
from torch import nn

from .guess import Guess, tensor, value

_STATE = re.compile(r"\w*(hidden|hxs?|state|h0|h_0|memory|mems|cell)s?\w*|h|hc", re.IGNORECASE)
_MAKES = re.compile(
    r"(init|initial|initialize|zero|get_initial|get_init|begin)_?(hidden|state|hidden_state|h|rnn)s?", re.IGNORECASE
)


def initial_state(model: nn.Module, name: str, batch: int) -> Guess | None:
    """What the model's own method makes for the parameter `name`; None where there is none or it fails."""
    method = next((m for m in dir(type(model)) if _MAKES.fullmatch(m)), None) if _STATE.fullmatch(name) else None
    if method is None:
        return None
    try:
        function = getattr(model, method)
        needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
        made = function(*(torch.device("cpu") if "device" in p.name else batch for p in needed))
    except Exception:  # the user's method may fail in any way
        return None
    return _guess(made, f"made by {method}")


def _guess(made: Any, origin: str) -> Guess | None:
    if isinstance(made, torch.Tensor):
        return tensor(origin, *made.shape, dtype=str(made.dtype)[6:])
    if not isinstance(made, (list, tuple)):
        return value(origin, made) if isinstance(made, (int, float)) else None
    items = [_guess(item, origin) for item in made]
    kept = tuple(item for item in items if item is not None)
    kind = "tuple" if isinstance(made, tuple) else "list"
    return Guess(origin, kind=kind, items=kept) if len(kept) == len(items) and items else None
