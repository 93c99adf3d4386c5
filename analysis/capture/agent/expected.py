"""Inputs that the layers of a model expect, and usual ones where nothing is known."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .guess import Guess, tensor
from .layers import SEQUENCE, WIDE, Layers, image


def from_layers(name: str, layers: Layers, batch: int) -> Iterator[Guess]:
    """What the first layer takes; an image first where the name says so."""
    origin = f"assumed from {layers.path}"
    if layers.form.startswith("image"):
        yield tensor(origin, *image(int(layers.form[-1]), layers.channels, batch))
    elif layers.form == "tokens":
        yield tensor(origin, batch, SEQUENCE, dtype="int64")
    elif layers.form == "sequence":
        shape = (SEQUENCE, batch) if layers.time_first else (batch, SEQUENCE)
        yield tensor(origin, *shape, layers.channels)
    elif layers.form == "vector":
        yield tensor(origin, batch, layers.channels)
    if re.search(r"img|image|pixel", name, re.IGNORECASE) and layers.form[:5] != "image":
        yield tensor(f"assumed from the name {name}", batch, 3, 224, 224)


def anything(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    """Usual inputs, likeliest first."""
    channels, width = layers.channels or WIDE, layers.width
    if layers.form == "none":
        yield tensor(origin, *image(2, channels, batch))
    yield tensor(origin, batch, SEQUENCE, width)
    yield tensor(origin, batch, width)
    yield tensor(origin, batch, SEQUENCE, dtype="int64")
    if layers.form != "none":
        yield tensor(origin, *image(2, channels, batch))
    yield tensor(origin, *image(2, 3, batch))
    yield tensor(origin, *image(3, channels, batch))
    yield tensor(origin, *image(1, channels, batch))
    yield from pyramid(origin, layers, batch)
    yield tensor(origin, batch)


def pyramid(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    """Lists of feature maps, each half as large as the one before."""
    channels = layers.channels or WIDE
    for count in (4, 3, 2, 1, 5, 6):
        side = 56 if count < 5 else 64
        items = tuple(tensor(origin, batch, channels, side >> level, side >> level) for level in range(count))
        yield Guess(origin, kind="list", items=items)
