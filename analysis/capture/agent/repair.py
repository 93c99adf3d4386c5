"""The next guesses after an error: the sizes, ranks and dtypes that it asks for, put into the inputs they belong to."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .errors import Diagnosis
from .guess import Assignment, Guess, elements_of
from .other_uses import from_value, is_other_use, keys_of, of_use, other_counts
from .resize import larger, of_batch, of_divisor, of_rank, of_size
from .together import APART, NAMED, together

# How many tensors count as found where an error arose.
_NEAR = 6


def repairs(assignment: Assignment, built: Mapping[str, Any], found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """Changed assignments, likeliest first."""
    apart = APART.search(found.message) is not None
    yield from together(assignment, found)
    blame = {name: _suspicion(name, guess, built.get(name), found) for name, guess in assignment.items()}
    for level in sorted(set(blame.values())):
        names = [name for name in (reversed(blame) if apart else blame) if blame[name] == level]
        ways = [_of_one(name, assignment, built, blame, found, apart=apart) for name in names]
        for step in itertools.zip_longest(*ways):  # as suspect as each other: in turn
            yield from (changed for changed in step if changed is not None)


def _of_one(
    name: str,
    assignment: Assignment,
    built: Mapping[str, Any],
    blame: Mapping[str, int],
    found: Diagnosis,
    *,
    apart: bool,
) -> Iterator[dict[str, Guess]]:
    """Changes of one input, together with those that are alike where that may help; then with all of its shape."""
    guess, origin = assignment[name], f"assumed after the error in {found.place}"
    shaped = [other for other, given in assignment.items() if given.key() == guess.key() and not given.fixed]
    alike = [other for other, given in assignment.items() if _like(given, guess) and not given.fixed]
    alone = apart or any(blame[other] > blame[name] for other in alike)
    for change in _changes(guess, built.get(name), found, origin):
        if len(alike) > 1 and not alone:
            yield {**assignment, **dict.fromkeys(alike, change)}
        yield {**assignment, name: change}
        if len(alike) > 1 and alone:
            yield {**assignment, **dict.fromkeys(alike, change)}
        if len(shaped) > len(alike):
            yield {**assignment, **dict.fromkeys(shaped, change)}


def _like(one: Guess, other: Guess) -> bool:
    """Whether two inputs are guessed the same, both by their names or neither."""
    return one.key() == other.key() and one.origin.startswith(NAMED) == other.origin.startswith(NAMED)


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
        yield from from_value(guess, found, origin)
    else:
        if "stft(" in found.line:  # a second of sound
            yield guess.reshaped((*guess.shape[:1], 16000), origin)
        yield from _as_list(guess, found, origin)
        if is_other_use(found):
            yield from of_use(guess, found, origin)
        yield from _of_dtype(guess, found, origin)
        yield from of_rank(guess, found, origin)
        yield from of_size(guess, found, origin)
        yield from of_divisor(guess, found, origin)
        yield from of_batch(guess, found, origin)
        yield from of_use(guess, found, origin)
        if found.too_small:
            yield from larger(guess, origin)


def _of_several(guess: Guess, given: Any, found: Diagnosis, origin: str) -> Iterator[Guess]:
    """Changes of one item, that at hand where the error arose first; then another number of items."""
    if guess.kind != "dict" and "indices must be integers" in found.message and guess.items:
        keys = keys_of(found)
        yield Guess(origin, kind="dict", keys=tuple(keys), items=guess.items[:1] * len(keys))
    parts = [*elements_of(given), *[None] * len(guess.items)]  # the model may have taken some out
    order = sorted(range(len(guess.items)), key=lambda index: _nearness(parts[index], found))
    first = order[0] if order and _is_exact(parts[order[0]], found) else None
    yield from other_counts(guess, found, origin)
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
