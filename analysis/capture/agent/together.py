"""Changes of several inputs at once, or of one for the sake of others: after errors that tell how they belong together."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from .errors import Diagnosis
from .guess import Assignment, Guess, value

# How the origin of a guess by the input's own name begins.
NAMED = "assumed from the name"
# Two tensors do not fit each other: rather the later input is wrong, and not both alike.
APART = re.compile(r"must match|broadcast")


def together(assignment: Assignment, found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """Changed assignments, likeliest first."""
    for way in (_chosen, _by_key, _given, _joined, _of_that_size, _longer):
        yield from way(assignment, found)


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
    if len(assignment) < 2 or not APART.search(found.message):
        return
    for got, wanted in found.sizes[:2]:
        having = [name for name, guess in assignment.items() if got in guess.shape]
        guess = assignment[having[0]] if len(having) == 1 else None
        if guess is None or not guess.origin.startswith(NAMED) or guess.shape.count(got) > 1 or wanted < 2:
            continue
        shape = tuple(wanted if size == got else size for size in guess.shape)
        yield {**assignment, having[0]: guess.reshaped(shape, f"assumed after the error in {found.place}")}


def _longer(assignment: Assignment, found: Diagnosis) -> Iterator[dict[str, Guess]]:
    """A sequence that was joined with something else, of as many parts as are left for it."""
    sequences = {name: guess for name, guess in assignment.items() if len(guess.shape) == 3 and not guess.fixed}
    if len(assignment) < 2 or not APART.search(found.message):
        return
    for name, guess in sequences.items():
        batch, length, width = guess.shape
        for got, wanted in found.sizes[:2]:
            if got > length != wanted and 0 < length + wanted - got < length:
                shape = (batch, length + wanted - got, width)
                yield {**assignment, name: guess.reshaped(shape, f"assumed after the error in {found.place}")}
