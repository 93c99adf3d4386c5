"""The next guesses after an error: the sizes, ranks and dtypes that it asks for, put into the inputs they belong to."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .assumed import Passthrough
from .errors import Diagnosis
from .guess import Assignment, Guess, elements_of, tensor, value
from .resize import larger, of_batch, of_divisor, of_rank, of_size

_KEY = re.compile(r"\[['\"](\w+)['\"]\]")
# `x.values()` of a tensor.
_VALUES = re.compile(r"values expected sparse tensor layout")
_MAPPING = re.compile(
    r"has no attribute '(keys|items|get|values|pop)'|indices must be integers|invalid data type|not a dict"
)
# How many tensors count as found where an error arose.
_NEAR = 6
# What tokenizers say that are not given a text.
_TEXT = re.compile(r"must be of type `str`|TextInputSequence|TextEncodeInput")
_OTHER_USE = re.compile(
    r"Boolean value of Tensor|object is not callable|has no attribute|not iterable|too many indices|invalid data type"
)

# A tensor is taken apart itself, and not its sizes.
_UNPACKED = re.compile(r"values to unpack")
_SIZES = re.compile(r"shape|size\(")

# How the origin of a guess by the input's own name begins.
_NAMED = "assumed from the name"
# Two tensors do not fit each other: rather the later input is wrong, and not both alike.
_APART = re.compile(r"must match|broadcast")


def repairs(assignment: Assignment, built: Mapping[str, Any], found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """Changed assignments, likeliest first."""
    apart = _APART.search(found.message) is not None
    yield from _chosen(assignment, found)
    yield from _by_key(assignment, found)
    yield from _given(assignment, found)
    yield from _joined(assignment, found)
    yield from _of_that_size(assignment, found)
    yield from _longer(assignment, found)
    blame = {name: _suspicion(name, guess, built.get(name), found) for name, guess in assignment.items()}
    for level in sorted(set(blame.values())):
        names = [name for name in (reversed(blame) if apart else blame) if blame[name] == level]
        ways = [_of_one(name, assignment, built, blame, found, apart=apart) for name in names]
        for step in itertools.zip_longest(*ways):  # as suspect as each other: in turn
            yield from (changed for changed in step if changed is not None)


def _chosen(assignment: Assignment, found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """One of the texts that an input is compared with."""
    origin = f"assumed after the error in {found.place}"
    for name, options in found.options.items():
        if name in assignment:
            yield from ({**assignment, name: value(origin, option)} for option in options)


def _by_key(assignment: Assignment, found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """Something that is read by key for what was guessed a list."""
    for name, guess in assignment.items():
        keys = tuple(dict.fromkeys(re.findall(rf"\b{re.escape(name)}\[['\"](\w+)['\"]\]", found.line)))
        if keys and guess.items and guess.kind != "dict" and "indices must be integers" in found.message:
            origin = f"assumed after the error in {found.place}"
            yield {**assignment, name: Guess(origin, kind="dict", keys=keys, items=guess.items[:1] * len(keys))}


def _given(assignment: Assignment, found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """Something for what was left None: masks, one value for each place of the first input; then another like it."""
    whole = next((guess for guess in assignment.values() if guess.kind == "tensor" and len(guess.shape) > 1), None)
    left = [name for name, guess in assignment.items() if guess.kind == "value" and guess.value is None]
    if whole is None or not left or "None" not in found.message:
        return
    origin, shape = f"assumed after the error in {found.place}", whole.shape
    shapes = [(shape[0], 1, *shape[2:]), shape[:2] if len(shape) == 3 else (shape[0], *shape[2:]), shape]
    named = [name for name in left if re.search(rf"\b{re.escape(name)}\b", found.line)] or left
    for other in shapes:
        yield {**assignment, **dict.fromkeys(named, Guess(origin, other))}
        if len(left) > len(named):
            yield {**assignment, **dict.fromkeys(left, Guess(origin, other))}


def _joined(assignment: Assignment, found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """Inputs of as many channels, joined with each other and with results, share the channels that are left for them."""
    got, wanted = found.sizes[0] if found.sizes and found.channels_first else (0, 0)
    images = {name: guess for name, guess in assignment.items() if len(guess.shape) > 2 and not guess.fixed}
    for names in itertools.combinations(images, 2):
        channels, other = (images[name].shape[1] for name in names)
        share, rest = divmod(wanted - got + 2 * channels, 2)
        if channels == other and got - wanted >= channels and share > 0:
            origin = f"assumed after the error in {found.place}"
            shares = zip(names, (share + rest, share))  # noqa: B905 (Python 3.9)
            shapes = {name: (images[name].shape[0], size, *images[name].shape[2:]) for name, size in shares}
            yield {**assignment, **{name: images[name].reshaped(shapes[name], origin) for name in names}}
        if channels == other and got > channels and (channels * wanted) % got == 0:  # and with what was made of them
            share, origin = channels * wanted // got, f"assumed after the error in {found.place}"
            like = {name: images[name].shape for name in names}
            shapes = {name: (shape[0], share, *shape[2:]) for name, shape in like.items()}
            yield {**assignment, **{name: images[name].reshaped(shapes[name], origin) for name in names}}


def _of_that_size(assignment: Assignment, found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """The size that does not fit is that of one input alone, guessed by its name."""
    if len(assignment) < 2 or not _APART.search(found.message):
        return
    for got, wanted in found.sizes[:2]:
        having = [name for name, guess in assignment.items() if got in guess.shape]
        guess = assignment[having[0]] if len(having) == 1 else None
        if guess is None or not guess.origin.startswith(_NAMED) or guess.shape.count(got) > 1 or wanted < 2:
            continue
        shape = tuple(wanted if size == got else size for size in guess.shape)
        yield {**assignment, having[0]: guess.reshaped(shape, f"assumed after the error in {found.place}")}


def _longer(assignment: Assignment, found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """A sequence that was joined with something else, of as many parts as are left for it."""
    sequences = {name: guess for name, guess in assignment.items() if len(guess.shape) == 3 and not guess.fixed}
    if len(assignment) < 2 or not _APART.search(found.message):
        return
    for name, guess in sequences.items():
        batch, length, width = guess.shape
        for got, wanted in found.sizes[:2]:
            if got > length != wanted and 0 < length + wanted - got < length:
                shape = (batch, length + wanted - got, width)
                yield {**assignment, name: guess.reshaped(shape, f"assumed after the error in {found.place}")}


def _of_one(
    name: str,
    assignment: Assignment,
    built: Mapping[str, Any],
    blame: Mapping[str, int],
    found: Diagnosis,
    *,
    apart: bool,
) -> Iterator[dict[str, Guess]]:
    """Changes of one input, together with those that are alike where that may help."""
    guess, origin = assignment[name], f"assumed after the error in {found.place}"
    alike = [other for other, given in assignment.items() if _like(given, guess) and not given.fixed]
    alone = apart or any(blame[other] > blame[name] for other in alike)
    for change in _changes(guess, built.get(name), found, origin):
        if len(alike) > 1 and not alone:
            yield {**assignment, **dict.fromkeys(alike, change)}
        yield {**assignment, name: change}
        if len(alike) > 1 and alone:
            yield {**assignment, **dict.fromkeys(alike, change)}


def _like(one: Guess, other: Guess) -> bool:
    """Whether two inputs are guessed the same, both by their names or neither."""
    return one.key() == other.key() and one.origin.startswith(_NAMED) == other.origin.startswith(_NAMED)


def _suspicion(name: str, guess: Guess, given: Any, found: Diagnosis) -> int:
    """What is taken apart comes first where it has too few parts, and what has the rank that is wrong; then inputs that are at
    hand where the error arose, or from which what is at hand was computed."""
    written = re.search(rf"\b{re.escape(name.lstrip('*'))}\b", found.line) is not None
    if ("to unpack" in found.message and isinstance(given, (list, tuple))) or (
        written and len(guess.shape) == found.rank
    ):
        return -1
    own = "" if name.startswith("*") else name
    if own in found.inputs:
        return 0
    return (1 if found.inputs else 0) if _is_exact(given, found) else 1 if written else 2


def _as_list(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """One of them, or several, where the code takes the first part of what has the wanted rank as a whole."""
    ranks = re.search(r"[Ee]xpected (\d)D.*\bgot (\d)D", found.message)
    spatial = re.search(
        r"got input with spatial dimensions of \[([\d, ]+)\] and output size of \(([\d, ]+)\)", found.message
    )
    lacking = spatial is not None and spatial[2].count(",") == spatial[1].count(",") + 1 == len(guess.shape) - 3
    if lacking or (ranks is not None and int(ranks[1]) == len(guess.shape) == int(ranks[2]) + 1):
        yield from (Guess(origin, kind="list", items=(guess,) * count) for count in (1, 2))


def _is_exact(given: Any, found: Diagnosis) -> bool:
    return _nearness(given, found) < _NEAR


def _nearness(given: Any, found: Diagnosis) -> int:
    """The place of a tensor among those that were found where the error arose, nearest first; `_NEAR` for others."""
    return next((place for place, item in enumerate(found.exact[:_NEAR]) if item is given), _NEAR)


def _changes(guess: Guess, given: Any, found: Diagnosis, origin: str) -> Iterator[Guess]:
    if guess.fixed:
        return
    if guess.kind in ("list", "tuple", "dict", "object"):
        yield from _of_several(guess, given, found, origin)
    elif guess.kind == "value":
        yield from _from_value(guess, found, origin)
    else:
        if "stft(" in found.line:  # a second of sound
            yield guess.reshaped((*guess.shape[:1], 16000), origin)
        yield from _as_list(guess, found, origin)
        if (
            _OTHER_USE.search(found.message)
            or _TEXT.search(found.message)
            or (_UNPACKED.search(found.message) and not _SIZES.search(found.line))
        ):
            yield from _of_use(guess, found, origin)
        yield from _of_dtype(guess, found, origin)
        yield from of_rank(guess, found, origin)
        yield from of_size(guess, found, origin)
        yield from of_divisor(guess, found, origin)
        yield from of_batch(guess, found, origin)
        yield from _of_use(guess, found, origin)
        if found.too_small:
            yield from larger(guess, origin)


def _of_several(guess: Guess, given: Any, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """Changes of one item, that at hand where the error arose first; then another number of items."""
    if guess.kind != "dict" and "indices must be integers" in found.message and guess.items:
        keys = _keys(found)
        yield Guess(origin, kind="dict", keys=tuple(keys), items=guess.items[:1] * len(keys))
    parts = [*elements_of(given), *[None] * len(guess.items)]  # the model may have taken some out
    order = sorted(range(len(guess.items)), key=lambda index: _nearness(parts[index], found))
    first = order[0] if order and _is_exact(parts[order[0]], found) else None
    yield from _other_counts(guess, found, origin)
    places = order if first is None else [first]
    changes = [[c for c in _changes(guess.items[i], parts[i], found, origin) if c.kind == "tensor"] for i in places]
    for step in range(max(map(len, changes), default=0)):
        for index, found_here in zip(places, changes):  # noqa: B905 (Python 3.9)
            if step < len(found_here):
                items = (*guess.items[:index], found_here[step], *guess.items[index + 1 :])
                yield replace(guess, items=items, origin=origin)
    if re.search(
        r"not (list|tuple|dict)\b|'(list|tuple|dict)' object has no|not '?(list|tuple|dict)'?$", found.message
    ):
        yield guess.items[0]


def _of_dtype(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    for dtype in found.dtypes:
        if dtype != guess.dtype:
            shape = guess.shape
            if dtype == "int64" and len(shape) > 2:
                shape = shape[:-1] if len(shape) == 3 else (shape[0], 128)
            yield replace(guess, dtype=dtype, shape=shape, origin=origin)
            if dtype == "int64" and len(guess.shape) > 3:  # a class for each point
                yield replace(guess, dtype=dtype, shape=(*guess.shape[:1], *guess.shape[2:]), origin=origin)
    if found.needs_values and not guess.real and guess.dtype in ("int64", "bool"):
        yield replace(guess, real=True)


def _of_use(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
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
        yield Guess(origin, kind="dict", keys=tuple(_keys(found)), items=(guess,) * len(_keys(found)))
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


def _keys(found: Diagnosis) -> list[str]:
    return list(dict.fromkeys(_KEY.findall(found.line))) or ["x"]


def _other_counts(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
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


def _from_value(guess: Guess, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """A plain value where a tensor is wanted."""
    message = found.message
    if guess.value is None and "NoneType" not in message and "None" not in message:
        return
    if _KEY.search(found.line) and "not subscriptable" in message:
        keys = _keys(found)
        yield Guess(origin, kind="dict", keys=tuple(keys), items=(tensor(origin, 1, 3, 224, 224),) * len(keys))
    if isinstance(guess.value, int) and re.search(r"unpack|iterable|subscriptable|len\(\)", message):
        yield value(origin, (14, 14))
    if re.search(r"has no attribute|must be Tensor|NoneType|not subscriptable|not iterable", message):
        yield tensor(origin, 1, 128, 64)
        yield tensor(origin, 1, 64)
        yield tensor(origin, 1, dtype="int64")
