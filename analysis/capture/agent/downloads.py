"""Weights that code downloads by itself: it gets none, and loads them without effect; what a model costs needs none."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import torch

from . import without
from .guards import WeightsRefusedError

# Under these names, files hold the weights beside other things.
_NESTED = frozenset("state_dict model_state_dict state model net module params params_ema weights".split())
_MESSAGE = "loads weights from the network: a capture runs without them; this gives none here"
_WORDS = "weights are not downloaded: the model is as it was made"
_READ = "reads {} of downloaded weights: a capture runs without them"
_asked = False


class Weights(dict[str, Any]):
    """What a file of weights would hold, without any."""

    def __missing__(self, key: str) -> Weights:
        if key not in _NESTED:
            raise WeightsRefusedError(_READ.format(repr(key)))
        return self

    def __delitem__(self, key: str) -> None:
        """There is nothing to take out."""


def read_in(error: BaseException) -> WeightsRefusedError | None:
    """What an error means that says a name of a parameter, after weights were to be downloaded."""
    name = str(error.args[0]) if isinstance(error, KeyError) and error.args else ""
    read = _asked and name.rpartition(".")[2] in ("weight", "bias")
    return WeightsRefusedError(_READ.format(repr(name))) if read else None


def install() -> None:
    """Only for a process that ends after the capture."""
    for module, name in (("torch.hub", "load_state_dict_from_url"), ("torch.utils.model_zoo", "load_url")):
        setattr(importlib.import_module(module), name, _none)
    torch.nn.Module.load_state_dict = _kept(torch.nn.Module.load_state_dict)  # type: ignore[method-assign]


def _none(*_: object, **__: object) -> Weights:
    """Stands for `load_state_dict_from_url`."""
    global _asked
    _asked = True
    without.note(_MESSAGE, _WORDS)
    return Weights()


def _kept(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def load_state_dict(model: torch.nn.Module, state_dict: Any, *args: Any, **kwargs: Any) -> Any:
        if _asked and not state_dict:  # none, or what was chosen of them
            return torch.nn.modules.module._IncompatibleKeys([], [])
        return original(model, state_dict, *args, **kwargs)

    return load_state_dict
