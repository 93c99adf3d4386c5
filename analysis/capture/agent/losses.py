"""Inputs of losses: a prediction, a target like it or the classes of it, and masks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from torch import nn

from .guess import Guess, tensor

_LOSS = re.compile(r"loss|criterion|dice|crossentropy|focal", re.IGNORECASE)
_CLASSES = re.compile(r"cross_?entropy|nll_?loss", re.IGNORECASE)
_BINARY = re.compile(r"binary_cross_entropy|BCE")
_TARGET = re.compile(r"(.*_)?(gts?|targets?|labels?|trues?|truth|real|y|tgt|ref(erence)?)(_\w+|\d)?", re.IGNORECASE)
_MASK = re.compile(r".*(mask|weight|valid)s?", re.IGNORECASE)
_COUNT = 10
# Predictions that are gone through.
_SEVERAL = r"\b(?:list|tuple|enumerate)\({0}\)|\bin {0}\b|\bzip\((?:[^()]*, *)?{0}\b"


def of_loss(
    model: nn.Module, source: str, choices: Mapping[str, Sequence[Guess]], batch: int
) -> Mapping[str, Sequence[Guess]]:
    """The choices of a loss's inputs, where `model` is one: its first parameter is the prediction."""
    if len(choices) < 2 or not _LOSS.search(type(model).__name__):
        return choices
    (main, predictions), *others = choices.items()
    found: dict[str, Sequence[Guess]] = {}
    maps = next((guess for guess in predictions[:1] if guess.kind == "tensor" and len(guess.shape) > 1), None)
    pairs = [(maps, maps.reshaped((maps.shape[0], *maps.shape[2:]), maps.origin))] if maps is not None else []
    rows = tensor(f"assumed from the name {main}", batch, _COUNT)
    pairs.append((rows, tensor(rows.origin, batch)))
    inherited = isinstance(model, (nn.CrossEntropyLoss, nn.NLLLoss))
    classes = inherited or (_CLASSES.search(source) is not None and not _BINARY.search(source))
    if classes:
        pairs.reverse()
    wholes = [whole for whole, _ in pairs]
    if re.search(_SEVERAL.format(main), source):
        wholes = [Guess(whole.origin, kind="tuple", items=(whole,) * count) for whole in wholes for count in (2, 1)]
    found[main] = [*wholes, *predictions]
    for name, guesses in others:
        origin = f"assumed from the name {name}"
        like = [Guess(origin, whole.shape) for whole, _ in pairs]
        fewer = [Guess(origin, part.shape) for _, part in pairs]
        numbers = [Guess(origin, part.shape, "int64") for _, part in pairs]
        if classes and name.lower() in ("weight", "weights"):
            found[name] = [tensor(origin, _COUNT), *guesses]
        elif _MASK.fullmatch(name):
            found[name] = [*fewer, *guesses]
        elif classes and _TARGET.fullmatch(name):
            found[name] = [*numbers, *like, *guesses]
        else:
            found[name] = [*like, *numbers, *guesses]
    return found
