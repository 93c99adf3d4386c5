"""The next guesses after an error: the sizes, ranks and dtypes that it asks for, put into the inputs they belong to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch

from .assumed import Passthrough
from .errors import Diagnosis
from .guess import Assignment, Guess, tensor, value

_SIDES = (32, 28, 64, 96, 128, 160, 192, 224, 227, 256, 299, 320, 384, 448, 512)
_LARGEST = 4096


def repairs(assignment: Assignment, built: Mapping[str, Any], found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """Changed assignments, likeliest first."""
    origin = f"assumed after the error in {found.place}"
    order = sorted(assignment, key=lambda name: _suspicion(name, built.get(name), found))
    for name in order:
        guess = assignment[name]
        alike = [other for other, given in assignment.items() if given.key() == guess.key() and not given.fixed]
        for change in _changes(guess, built.get(name), found, origin):
            if len(alike) > 1:
                yield {**assignment, **dict.fromkeys(alike, change)}
            yield {**assignment, name: change}


def _suspicion(name: str, given: Any, found: Diagnosis) -> int:
    """Inputs that are at hand where the error arose come first."""
    return 0 if _is_exact(given, found) else 1 if re.search(rf"\b{re.escape(name.lstrip('*'))}\b", found.line) else 2


def _is_exact(given: Any, found: Diagnosis) -> bool:
    return isinstance(given, torch.Tensor) and any(item is given for item in found.exact[:6])


def _changes(guess: Guess, given: Any, found: Diagnosis, origin: str) -> Iterator[Guess]:
    if guess.fixed:
        return
    if guess.kind in ("list", "tuple", "dict"):
        yield from _of_several(guess, given, found, origin)
    elif guess.kind == "value":
        yield from _from_value(guess, found, origin)
    else:
        if re.search("object is not callable|has no attribute|not iterable", found.message):
            yield from _of_use(guess, found, origin)
        yield from _of_dtype(guess, found, origin)
        yield from _of_rank(guess, found, origin)
        yield from _of_size(guess, found, origin)
        yield from _of_divisor(guess, found, origin)
        yield from _of_use(guess, found, origin)
        if found.too_small:
            yield from _larger(guess, origin)


def _of_several(guess: Guess, given: Any, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """Changes of one item, that at hand where the error arose first; then another number of items."""
    parts = list(given.values()) if isinstance(given, dict) else list(given)
    order = sorted(range(len(guess.items)), key=lambda index: not _is_exact(parts[index], found))
    first = order[0] if order and _is_exact(parts[order[0]], found) else None
    yield from _other_counts(guess, found, origin)
    for index in order if first is None else [first]:
        changes = _changes(guess.items[index], parts[index], found, origin)
        for change in (change for change in changes if change.kind == "tensor"):
            yield replace(guess, items=(*guess.items[:index], change, *guess.items[index + 1 :]), origin=origin)
    if re.search(
        r"not (list|tuple|dict)\b|'(list|tuple|dict)' object has no|not '?(list|tuple|dict)'?$", found.message
    ):
        yield guess.items[0]


def _of_dtype(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    for dtype in found.dtypes:
        if dtype != guess.dtype:
            shape = guess.shape[:-1] if dtype == "int64" and len(guess.shape) == 3 else guess.shape
            yield replace(guess, dtype=dtype, shape=shape, origin=origin)
    if found.needs_values and not guess.real and guess.dtype in ("int64", "bool"):
        yield replace(guess, real=True)


def _of_rank(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
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


def _of_size(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    shape = guess.shape
    for got, wanted in found.sizes:
        if wanted > _LARGEST * 16 or got == wanted:
            continue
        places = [index for index, size in enumerate(shape) if size == got]
        first = 1 if found.channels_first else len(shape) - 1
        for index in sorted(places, key=lambda place: (place == 0, place != first)):
            if wanted:
                yield guess.reshaped((*shape[:index], wanted, *shape[index + 1 :]), origin)
        if len(places) == 2 and wanted:
            yield guess.reshaped(tuple(wanted if size == got else size for size in shape), origin)
        if wanted in shape[1:] and len(shape) == 3:
            yield guess.reshaped((shape[0], shape[2], shape[1]), origin)
        if wanted in shape[1:] and len(shape) == 4:
            yield guess.reshaped((shape[0], shape[2], shape[3], shape[1]), origin)
        if not places or len(shape) == 4:
            yield from _scaled(guess, got, wanted, origin)


def _scaled(guess: Guess, got: int, wanted: int, origin: str) -> Iterator[Guess]:
    """A size that was computed from the input's: scales the last sizes so that it comes out as wanted."""
    shape = guess.shape
    if not got or not wanted:
        return
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


def _of_divisor(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
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


def _larger(guess: Guess, origin: str) -> Iterator[Guess]:
    shape = guess.shape
    if len(shape) >= 3:
        start = 2 if len(shape) > 3 else 1
        for factor in (2, 4):
            yield guess.reshaped((*shape[:start], *(size * factor for size in shape[start:])), origin)
        yield guess.reshaped((*shape[:2], *(size * 4 for size in shape[2:])), origin)
    if shape and shape[0] == 1:
        yield guess.reshaped((2, *shape[1:]), origin)


def _of_use(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """The object is used as something else than a tensor."""
    message = found.message
    if "object is not callable" in message:
        yield value(origin, Passthrough())
    if re.search(
        r"has no attribute '(keys|items|get|values|pop)'|indices must be integers|new\(\): invalid data type|"
        r"too many indices|not a dict",
        message,
    ):
        yield Guess(origin, kind="dict", keys=tuple(_keys(found)), items=(guess,) * len(_keys(found)))
    if re.search(
        r"cannot be interpreted as an integer|converted to an index|must be (?:an )?int|only integer tensors", message
    ):
        yield value(origin, 14)
        yield value(origin, (14, 14))
    if re.search(
        r"iteration over a 0-d|list|unpack|tuple|index 1 is out of bounds|out of bounds for dimension 0",
        message,
        re.IGNORECASE,
    ):
        count = int(re.findall(r"expected (\d+)", message)[0]) if re.search(r"expected (\d+)", message) else 2
        if 1 < count < 9:
            yield Guess(origin, kind="tuple", items=(guess,) * count)


def _keys(found: Diagnosis) -> list[str]:
    return re.findall(r"\[['\"](\w+)['\"]\]", found.line) or ["x"]


def _other_counts(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    wanted = {int(text) for text in re.findall(r"expected (\d+)", found.message)} | {b for _, b in found.sizes}
    for count in sorted(number for number in wanted if 0 < number < 9 and number != len(guess.items)):
        items = [*guess.items, *(guess.items[-1:] * count)][:count]
        yield replace(guess, items=tuple(items), origin=origin)
    missing = re.match(r"^'(\w+)'$", found.message)
    if guess.kind == "dict" and missing is not None:
        yield replace(guess, keys=(*guess.keys, missing[1]), items=(*guess.items, guess.items[0]), origin=origin)


def _from_value(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """A plain value where a tensor is wanted."""
    message = found.message
    if guess.value is None and "NoneType" not in message and "None" not in message:
        return
    if isinstance(guess.value, int) and re.search(r"unpack|iterable|subscriptable|len\(\)", message):
        yield value(origin, (14, 14))
    if re.search(r"has no attribute|must be Tensor|NoneType|not subscriptable|not iterable", message):
        yield tensor(origin, 1, 128, 64)
        yield tensor(origin, 1, 64)
        yield tensor(origin, 1, dtype="int64")
