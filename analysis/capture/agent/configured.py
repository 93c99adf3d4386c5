"""Inputs that the libraries' own models state: `config` and `main_input_name` of transformers, `default_cfg` of timm."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from .guess import Guess, tensor
from .layers import SEQUENCE

_SIDES = (
    "img_size",
    "image_size",
    "input_size",
    "imsize",
    "img_resolution",
    "image_resolution",
    "in_size",
    "spatial_size",
    "size",
)
_LEAST_SIDE = 16
_FRAMES = ("temporal_size", "num_frames", "n_frames", "frames")
_LEAST_FRAMES = 2
_TOKENS = ("input_ids", "decoder_input_ids")


def stated(model: nn.Module, parameters: Mapping[str, object], batch: int) -> dict[str, Guess]:
    """The inputs of a model whose library says them, by parameter; empty for other models."""
    name = getattr(model, "main_input_name", None)
    config = getattr(model, "config", None)
    if isinstance(name, str) and config is not None and name in parameters:
        return _of_transformers(name, config, parameters, batch)
    given = getattr(model, "pretrained_cfg", None) or getattr(model, "default_cfg", None)
    size = given.get("input_size") if isinstance(given, dict) else getattr(given, "input_size", None)
    if isinstance(size, (tuple, list)) and size and parameters:
        return {next(iter(parameters)): tensor("assumed from default_cfg", batch, *size)}
    return {}


def stated_side(model: nn.Module) -> int:
    """The side of the images that a model is made for, as it keeps it or its constructor has it by default; 0 if none."""
    return _stated_number(model, _SIDES, _LEAST_SIDE)


def stated_frames(model: nn.Module) -> int:
    """The frames of the videos that a model is made for, likewise."""
    return _stated_number(model, _FRAMES, _LEAST_FRAMES)


def _stated_number(model: nn.Module, names: Sequence[str], least: int) -> int:
    try:
        parameters = inspect.signature(type(model).__init__).parameters
    except (TypeError, ValueError):
        return 0
    for name in names:
        default = parameters[name].default if name in parameters else 0
        given = vars(model).get(name, default)
        if isinstance(given, (tuple, list)) and len(given) == 2 and given[0] == given[1]:
            given = given[0]
        if type(given) is int and given >= least:
            return given
    return 0


def is_configured(model: nn.Module) -> bool:
    """Whether a model's library says its inputs by name."""
    return isinstance(getattr(model, "main_input_name", None), str) and _plain(model, "config") is not None


def handed_on(name: str, model: nn.Module, batch: int) -> Guess | None:
    """The input for a parameter that a module hands on to a configured model, under whatever name."""
    return option(name, model, batch) or option(str(model.main_input_name), model, batch)


def option(name: str, model: nn.Module, batch: int) -> Guess | None:
    """The input of that name for a model with a `config`."""
    config = _plain(model, "config")
    return _input(name, config, batch) if config is not None else None


def _of_transformers(name: str, config: Any, parameters: Mapping[str, object], batch: int) -> dict[str, Guess]:
    found: dict[str, Guess] = {}
    guess = _input(name, config, batch)
    if guess is not None:
        found[name] = guess
    if getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" in parameters:
        found["decoder_input_ids"] = _tokens(config, batch)
    has_both = getattr(config, "text_config", None) is not None and getattr(config, "vision_config", None) is not None
    for other in ("input_ids", "pixel_values"):
        if has_both and other in parameters and other not in found:
            guess = _input(other, config, batch)
            if guess is not None:
                found[other] = guess
    return found


def _input(name: str, config: Any, batch: int) -> Guess | None:
    if name.endswith(("input_ids", "token_type_ids")):
        return _tokens(config, batch)
    if name.startswith("pixel_values") or name == "images":
        return _pixels(config, batch)
    if name == "input_features":
        return _features(config, batch)
    if name == "input_values":
        bins = _first(config, ("num_mel_bins",))
        length = _first(config, ("max_length",))
        if bins and length:
            return tensor("assumed from config", batch, length, bins)
        return tensor("assumed from config", batch, 16000)
    if name.endswith("attention_mask"):
        return tensor("assumed from config", batch, SEQUENCE, dtype="int64")
    if name == "bbox":
        return tensor("assumed from config", batch, SEQUENCE, 4, dtype="int64")
    if name in ("hidden_states", "inputs_embeds", "encoder_hidden_states"):
        width = _first(config, ("hidden_size", "d_model", "n_embd", "embed_dim", "dim"))
        return tensor("assumed from config", batch, SEQUENCE, width) if width else None
    return None


def _tokens(config: Any, batch: int) -> Guess:
    most = _first(config, ("max_position_embeddings", "n_positions", "max_target_positions")) or SEQUENCE
    text = getattr(config, "text_config", None)
    if text is not None:
        most = min(most, _first(text, ("max_position_embeddings",)) or most)
    length = min(SEQUENCE, most) if most > 0 else SEQUENCE
    return tensor("assumed from config", batch, length, dtype="int64")


def _pixels(config: Any, batch: int) -> Guess:
    vision = getattr(config, "vision_config", None)
    sources = [source for source in (config, vision, getattr(config, "backbone_config", None)) if source is not None]
    size = next((found for source in sources if (found := _pair(source))), (224, 224))
    channels = next((c for s in sources if (c := _first(s, ("num_channels", "in_channels", "in_chans")))), 3)
    frames = next((f for s in sources if (f := _first(s, ("num_frames",)))), 0)
    return tensor("assumed from config", batch, *((frames,) if frames else ()), channels, *size)


def _features(config: Any, batch: int) -> Guess:
    bins = _first(config, ("num_mel_bins", "input_feat_per_channel", "feature_projection_input_dim")) or 80
    positions = _first(config, ("max_source_positions",))
    if positions and positions < 4000 and hasattr(config, "num_mel_bins"):
        return tensor("assumed from config", batch, bins, 2 * positions)
    return tensor("assumed from config", batch, 584, bins)


def _pair(config: Any) -> tuple[int, int] | None:
    given = _plain(config, "image_size")
    if isinstance(given, int) and given > 0:
        return given, given
    if isinstance(given, (tuple, list)) and len(given) == 2:
        return int(given[0]), int(given[1])
    return None


def _first(config: Any, names: tuple[str, ...]) -> int:
    for name in names:
        given = _plain(config, name)
        if isinstance(given, int) and not isinstance(given, bool) and given > 0:
            return given
    return 0


def _plain(config: Any, name: str) -> Any:
    try:
        return getattr(config, name, None)
    except Exception:  # a user's property may fail in any way
        return None
