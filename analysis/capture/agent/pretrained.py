"""Models that code takes from the Hugging Face Hub: they are made from their configuration, without their weights.

A configuration that is not on this machine is the one that its class has by default.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from . import without
from .guards import RefusedError

_MESSAGE = "loads weights of the Hugging Face Hub: a capture runs without them; the model is made without here"
_WORDS = "weights of the Hugging Face Hub are not loaded: the model is as its configuration makes it"


def install() -> None:
    """Only for a process that ends after the capture, once the code has imported what it needs."""
    for module, names, function in (
        ("transformers.modeling_utils", ("PreTrainedModel",), _model),
        ("transformers.configuration_utils", ("PreTrainedConfig", "PretrainedConfig"), _configuration),
        ("transformers.models.auto.auto_factory", ("_BaseAutoModelClass",), _automatic),
        ("transformers.models.auto.configuration_auto", ("AutoConfig",), _automatic_configuration),
        ("transformers.tokenization_utils_base", ("PreTrainedTokenizerBase",), _refused),
    ):
        found: set[Any] = {getattr(sys.modules.get(module), name, None) for name in names}
        for cls in found - {None}:
            cls.from_pretrained = classmethod(function(cls.from_pretrained.__func__))
    timm = sys.modules.get("timm.models._builder")
    if timm is not None:
        timm.load_pretrained = _nothing  # type: ignore[attr-defined]


def _model(_: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for `PreTrainedModel.from_pretrained`."""

    def from_pretrained(cls: Any, name: Any = None, *args: Any, config: Any = None, **given: Any) -> Any:
        without.note(_MESSAGE, _WORDS)
        known = inspect.signature(cls.__init__).parameters
        if config is None or isinstance(config, str):
            config = cls.config_class.from_pretrained(config or name)
            _set(config, {key: value for key, value in given.items() if key not in known})
        return cls(config, *args, **{key: value for key, value in given.items() if key in known})

    return from_pretrained


def _configuration(original: Callable[..., Any]) -> Callable[..., Any]:
    def from_pretrained(cls: Any, name: Any, *args: Any, **given: Any) -> Any:
        try:
            return original(cls, name, *args, **given)
        except Exception:  # neither a folder nor in the cache of the Hub
            without.assume(f"the configuration {name} is not on this machine: {cls.__name__} has its defaults")
            return _set(cls(), given)

    return from_pretrained


def _automatic(_: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for `AutoModel.from_pretrained`."""

    def from_pretrained(cls: Any, name: Any, *_: Any, config: Any = None, **given: Any) -> Any:
        without.note(_MESSAGE, _WORDS)
        automatic = sys.modules["transformers.models.auto.configuration_auto"].AutoConfig
        return cls.from_config(config if config is not None else automatic.from_pretrained(name, **given))

    return from_pretrained


def _automatic_configuration(original: Callable[..., Any]) -> Callable[..., Any]:
    def from_pretrained(cls: Any, name: Any, *args: Any, **given: Any) -> Any:
        try:
            return original(cls, name, *args, **given)
        except Exception as error:  # the class is known by its name in that of the model
            known = sys.modules["transformers.models.auto.configuration_auto"].CONFIG_MAPPING
            kind = next((kind for kind in sorted(known, key=len, reverse=True) if kind in str(name).lower()), "")
            if not kind:
                raise RefusedError(f"downloads the configuration {name}", "a capture has no network") from error
            return known[kind].from_pretrained(name, **given)

    return from_pretrained


def _refused(original: Callable[..., Any]) -> Callable[..., Any]:
    def from_pretrained(cls: Any, name: Any, *args: Any, **given: Any) -> Any:
        try:
            return original(cls, name, *args, **given)
        except Exception as error:
            raise RefusedError(f"downloads the tokenizer {name}", "a capture has no network") from error

    return from_pretrained


def _set(config: Any, given: dict[str, Any]) -> Any:
    for name, value in given.items():
        if hasattr(config, name):
            setattr(config, name, value)
    return config


def _nothing(*_: object, **__: object) -> None:
    """Stands for timm's `load_pretrained`."""
    without.note(_MESSAGE, _WORDS)
