"""Shapes that fit what an error asks for: other sizes, another rank, multiples of a number, more room."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from .errors import Diagnosis
from .guess import Guess

_SIDES = (32, 28, 64, 96, 128, 160, 192, 224, 227, 256, 299, 320, 384, 448, 512)
_LARGEST = 4096
# Sides of the parts that images are cut into, and how many a sequence has beside them.
_PARTS, _MOST_OTHERS = (1, 2, 4, 8, 14, 16, 32), 128
# Samples of sound, and how few are none.
_WAVE, _SHORT = 16000, 512


def of_rank(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    for rank in [*found.ranks, *(len(guess.shape) + shift for shift in found.shifts)]:
        if rank != len(guess.shape) and 1 <= rank <= 6:
            for shape in _with_rank(guess.shape, rank, found):
                yield guess.reshaped(shape, origin)


def _with_rank(shape: tuple[int, ...], rank: int, found: Diagnosis) -> Iterator[tuple[int, ...]]:
    """The same channels in another rank."""
    batch = shape[0] if shape else 1
    wanted = [want for _, want in found.sizes[:1]]
    channels = shape[1] if len(shape) > 3 else shape[-1] if len(shape) > 1 else 64
    if len(shape) == 3 and shape[-1] == 16000:
        channels = shape[1]
    if found.channels_first and wanted:
        channels = wanted[0]
    if rank == 1:
        yield (batch,)
    elif rank == 2:
        yield (batch, channels)
        yield (batch, 128)
    elif rank == 3:
        if found.channels_first:
            yield (batch, channels, 128)
        yield (batch, 128 if len(shape) < 4 else 196, channels)
        yield (batch, channels, 128)
    elif rank == 4:
        yield (batch, channels, 56, 56) if channels > 4 else (batch, channels, 224, 224)
        yield (batch, 56, 56, channels)
        yield (batch, 8, 128, channels)
    elif rank == 5:
        yield (batch, channels, 8, 28, 28) if channels > 4 else (batch, channels, 16, 112, 112)
        yield (batch, 8, channels, 56, 56)
    else:
        yield (batch, 2, channels, 8, 28, 28)


def of_size(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """The wanted sizes in place of those that were found; then sizes from which the found ones may be computed."""
    pairs = [(got, wanted) for got, wanted in found.sizes if got != wanted]
    for got, wanted in pairs:
        if 0 < wanted <= _LARGEST * 16:
            yield from _replaced(guess, got, wanted, origin, channels_first=found.channels_first)
    ways = [_derived(guess, got, wanted, origin, channels_first=found.channels_first) for got, wanted in pairs]
    for step in itertools.zip_longest(*ways):  # as likely as each other: in turn
        yield from (changed for changed in step if changed is not None)


def _replaced(guess: Guess, got: int, wanted: int, origin: str, *, channels_first: bool) -> Iterator[Guess]:
    shape = guess.shape
    places = [index for index, size in enumerate(shape) if size == got]
    first = 1 if channels_first else len(shape) - 1
    if len(shape) == 4 and first == 3 and shape[2:] == (got, got) and wanted <= 4:  # channels come last
        yield guess.reshaped((shape[0], 224, 224, wanted), origin)
    if len(shape) == 3 and first == 1 and got == shape[1] and wanted <= 4 and shape[2] < _SHORT:  # a wave
        yield guess.reshaped((shape[0], wanted, _WAVE), origin)
    if len(shape) > 3 and len(places) > 1 and shape[-2:] == (got, got):
        yield guess.reshaped((*shape[:-2], wanted, wanted), origin)
    if len(shape) == 1 and places:
        yield guess.reshaped((*shape, wanted), origin)
    for index in sorted(places, key=lambda place: place != first):
        if index or len(shape) < 3:
            yield guess.reshaped((*shape[:index], wanted, *shape[index + 1 :]), origin)
    if len(places) == 2 and 0 not in places:
        yield guess.reshaped(tuple(wanted if size == got else size for size in shape), origin)


def _derived(guess: Guess, got: int, wanted: int, origin: str, *, channels_first: bool) -> Iterator[Guess]:
    shape = guess.shape
    if channels_first and got and len(shape) > 2 and got not in shape:  # as many channels as were joined
        channels = shape[1] * wanted // got
        if channels and shape[1] * wanted % got == 0:
            yield guess.reshaped((shape[0], channels, *shape[2:]), origin)
        rest = shape[1] + wanted - got  # the others are as they should be
        if 0 < rest != channels:
            yield guess.reshaped((shape[0], rest, *shape[2:]), origin)
    if shape and shape[0] == got > 1 and wanted:
        yield guess.reshaped((wanted, *shape[1:]), origin)
    if wanted in shape[1:] and len(shape) == 3:
        yield guess.reshaped((shape[0], shape[2], shape[1]), origin)
    if wanted in shape[1:] and len(shape) == 4:
        yield guess.reshaped((shape[0], shape[2], shape[3], shape[1]), origin)
    last = shape[-1] + wanted - got if shape and got not in shape else 0
    if len(shape) == 4 and shape[2] == shape[3] and not channels_first and 0 < last <= 4:  # channels come last
        yield guess.reshaped((shape[0], 224, 224, last), origin)
    if 0 < last <= _LARGEST:
        yield guess.reshaped((*shape[:-1], last), origin)
    if (
        len(shape) == 3 and got not in shape and 0 < shape[1] + wanted - got <= _LARGEST
    ):  # a sequence, joined with others
        yield guess.reshaped((shape[0], shape[1] + wanted - got, shape[2]), origin)
    if got not in shape or len(shape) == 4:
        yield from _scaled(guess, got, wanted, origin)


def _scaled(guess: Guess, got: int, wanted: int, origin: str) -> Iterator[Guess]:
    """A size that was computed from the input's: scales the last sizes so that it comes out as wanted."""
    shape = guess.shape
    if got <= 0 or wanted <= 0:
        return
    if len(shape) == 5 and shape[-1] == shape[-2]:  # as many frames
        side = min(_SIDES, key=lambda size: abs(math.log(size / shape[-1]) - math.log(wanted / got) / 2))
        yield guess.reshaped((*shape[:3], side, side), origin)
    if len(shape) == 4 and shape[-1] == shape[-2]:
        yield from (guess.reshaped((*shape[:2], side, side), origin) for side in _of_parts(shape[-1], got, wanted))
    if len(shape) >= 4 and shape[-1] == shape[-2]:
        ratio = (wanted / got) ** (1 / (len(shape) - 2))
        near = shape[-1] * ratio
        linear = shape[-1] * wanted / got
        for side in sorted(_SIDES, key=lambda size: abs(math.log(size / near)))[:3]:
            if side != shape[-1]:
                yield guess.reshaped((*shape[:2], *(side,) * (len(shape) - 2)), origin)
        for exact in (near, linear):
            if exact == int(exact) and 1 <= exact <= _LARGEST:
                yield guess.reshaped((*shape[:2], *(int(exact),) * (len(shape) - 2)), origin)
        for side in (round(near), round(near) + 4, math.ceil(near) + 1, math.ceil(near)):
            if 1 <= side <= _LARGEST:
                yield guess.reshaped((*shape[:2], *(side,) * (len(shape) - 2)), origin)
    for index in range(len(shape) - 1, 0, -1):
        size = shape[index] * wanted / got
        if size == int(size) and 1 <= size <= _LARGEST * 16 and size != shape[index]:
            yield guess.reshaped((*shape[:index], int(size), *shape[index + 1 :]), origin)


def _of_parts(side: int, got: int, wanted: int) -> Iterator[int]:
    """Sides of an image with as many parts as are wanted of a sequence, which has others beside them."""
    for part in _PARTS:
        others = got - (side // part) ** 2
        root = math.isqrt(max(0, wanted - others))
        if 0 < others <= _MOST_OTHERS and root and root**2 == wanted - others:
            yield root * part


def of_batch(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """A batch that is taken apart, into frames or segments, is so many times as large."""
    if guess.shape:
        for times in found.batches:
            yield guess.reshaped((guess.shape[0] * times, *guess.shape[1:]), origin)


def of_divisor(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    shape = guess.shape
    for got, divisor in found.divisors:
        if divisor < 2 or divisor > _LARGEST:
            continue
        rounded = tuple(
            size
            if (index < 2 and len(shape) > 2) or index == 0 or size == 1
            else max(divisor, round(size / divisor) * divisor)
            for index, size in enumerate(shape)
        )
        if rounded != shape:
            yield guess.reshaped(rounded, origin)
        for index, size in enumerate(shape):
            if size == got and size % divisor:
                yield guess.reshaped(
                    (*shape[:index], max(1, round(size / divisor)) * divisor, *shape[index + 1 :]), origin
                )


def larger(guess: Guess, origin: str) -> Iterator[Guess]:
    shape = guess.shape
    if len(shape) >= 3:
        start = 2 if len(shape) > 3 else 1
        for factor in (2, 4):
            yield guess.reshaped((*shape[:start], *(size * factor for size in shape[start:])), origin)
        yield guess.reshaped((*shape[:2], *(size * 4 for size in shape[2:])), origin)
    if len(shape) == 2 and guess.dtype == "float32":  # sound
        yield from (guess.reshaped((shape[0], shape[1] * factor), origin) for factor in (4, 16))
    if shape and shape[0] == 1:
        yield guess.reshaped((2, *shape[1:]), origin)
