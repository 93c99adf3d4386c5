"""Guesses for an input that the code uses as something else than it was given: a list, a mapping, a text, a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from .assumed import Passthrough
from .errors import Diagnosis
from .guess import Guess, tensor, value

_KEY = re.compile(r"\[['\"](\w+)['\"]\]")
# `x.values()` of a tensor.
_VALUES = re.compile(r"values expected sparse tensor layout")
_MAPPING = re.compile(
    r"has no attribute '(keys|items|get|values|pop)'|indices must be integers|invalid data type|not a dict"
)
# What tokenizers say that are not given a text.
_TEXT = re.compile(r"must be of type `str`|TextInputSequence|TextEncodeInput")
_OTHER_USE = re.compile(
    r"Boolean value of Tensor|object is not callable|has no attribute|not iterable|too many indices|invalid data type"
)
# A tensor is taken apart itself, and not its sizes.
_UNPACKED = re.compile(r"values to unpack")
_SIZES = re.compile(r"shape|size\(")


def is_other_use(found: Diagnosis) -> bool:
    """Whether the error says before all else that a tensor is used as something else."""
    apart = _UNPACKED.search(found.message) and not _SIZES.search(found.line)
    return bool(_OTHER_USE.search(found.message) or _TEXT.search(found.message) or apart)


def of_use(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """The object is used as something else than a tensor."""
    message = found.message
    if _TEXT.search(message):
        yield value(origin, ["an example of a text"])
        yield value(origin, "an example of a text")
    if "Boolean value of Tensor" in message:
        yield value(origin, False)
    if "object is not callable" in message:
        yield value(origin, Passthrough())
    attribute = re.search(r"'Tensor' object has no attribute '(\w+)'", message)
    if attribute is not None and attribute[1] not in ("keys", "items", "get", "values", "pop"):
        yield Guess(origin, kind="object", keys=(attribute[1],), items=(guess,))
    if _VALUES.search(message) and len(guess.shape) == 4:
        yield from (_levels(guess, count, origin) for count in (4, 3))
    if (_KEY.search(found.line) and "indices" in message) or _MAPPING.search(message):
        yield Guess(origin, kind="dict", keys=tuple(keys_of(found)), items=(guess,) * len(keys_of(found)))
    if re.search(
        r"cannot be interpreted as an integer|converted to an index|must be (?:an )?int|only integer tensors|repeat\(\) takes",
        message,
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


def _levels(guess: Guess, count: int, origin: str) -> Guess:
    """Features by name, each of half the size of those before it and of twice the channels."""
    batch, channels, height, width = guess.shape[:4]
    shapes = [(batch, channels << level, height >> level, width >> level) for level in range(count)]
    items = tuple(guess.reshaped(shape, origin) for shape in shapes)
    return Guess(origin, kind="dict", keys=tuple(map(str, range(count))), items=items)


def keys_of(found: Diagnosis) -> list[str]:
    return list(dict.fromkeys(_KEY.findall(found.line))) or ["x"]


def other_counts(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    wanted = {int(text) for text in re.findall(r"expected (\d+)", found.message)} | {b for _, b in found.sizes}
    wanted |= {len(guess.items) + shift for shift in found.shifts}
    for count in sorted(number for number in wanted if 0 < number < 9 and number != len(guess.items)):
        items = [*guess.items, *(guess.items[-1:] * count)][:count]
        yield replace(guess, items=tuple(items), origin=origin)
    missing = re.match(r"^'(\w+)'$", found.message)
    lacking = re.search(r"SimpleNamespace' object has no attribute '(\w+)'", found.message)
    if guess.kind == "object" and lacking is not None:
        yield replace(guess, keys=(*guess.keys, lacking[1]), items=(*guess.items, guess.items[0]), origin=origin)
    if guess.kind == "dict" and missing is not None:
        yield replace(guess, keys=(*guess.keys, missing[1]), items=(*guess.items, guess.items[0]), origin=origin)


def from_value(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """A plain value where a tensor is wanted."""
    message = found.message
    if guess.value is None and "NoneType" not in message and "None" not in message:
        return
    if _KEY.search(found.line) and "not subscriptable" in message:
        keys = keys_of(found)
        yield Guess(origin, kind="dict", keys=tuple(keys), items=(tensor(origin, 1, 3, 224, 224),) * len(keys))
    if isinstance(guess.value, int) and re.search(r"unpack|iterable|subscriptable|len\(\)", message):
        yield value(origin, (14, 14))
    if re.search(r"has no attribute|must be Tensor|NoneType|not subscriptable|not iterable", message):
        yield tensor(origin, 1, 128, 64)
        yield tensor(origin, 1, 64)
        yield tensor(origin, 1, dtype="int64")
