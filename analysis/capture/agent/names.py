"""What the name and the annotation of a `forward` parameter suggest, likeliest first."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from .expected import anything, from_layers, pyramid
from .guess import Guess, tensor, value
from .layers import SEQUENCE, Layers, image
from .patterns import RULES, embedded

_FEATURES = re.compile(
    r"(image|img|text|txt|visual|audio|video|query|prompt|class|pooled|\w*clip)_?(features?|embeds?|embeddings?|embs?)"
)
_NAMED = re.compile(r"[\"']([^\"']+)[\"']")
_IMAGES = re.compile(r".*(img|image|frame|photo)s?")


def suggestions(name: str, annotation: object, layers: Layers, batch: int, main: bool, seen: bool) -> list[Guess]:
    """Guesses for one parameter. The main one follows the first layer before its name, and so does any other whose
    layer was `seen`, but for numbers: one label or a sequence of them, its name tells.
    """
    origin = f"assumed from the name {name}"
    found = list(_annotated(name, annotation, layers, batch))
    if _FEATURES.fullmatch(name):
        found += embedded(origin, layers, batch)
    named = list(_named(name, origin, layers, batch))
    numbers = named[0].dtype == "int64" and (layers.form == "tokens" or not seen)
    if (main or (seen and not numbers)) and not found:
        found += list(from_layers(name, layers, batch))
    found += named
    return found


def _named(name: str, origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    """Guesses from the first pattern that the name has."""
    rule = next(rule for pattern, rule in RULES if re.fullmatch(pattern, name, re.IGNORECASE))
    yield from rule(origin, layers, batch)
    yield from anything(origin, layers, batch)


def _annotated(name: str, annotation: object, layers: Layers, batch: int) -> Iterator[Guess]:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    if annotation is inspect.Parameter.empty:
        return
    sizes = _stated_sizes(text)
    if sizes:
        dtype = (
            "int64"
            if re.search(r"\b(Int|Integer|Int64|Long|UInt)\w*\[", text)
            else "bool"
            if "Bool[" in text
            else "float32"
        )
        yield tensor("annotation", *sizes, dtype=dtype)
    elif re.search(r"(list|sequence|iterable)\[(torch\.)?tensor", text, re.IGNORECASE):
        if _IMAGES.fullmatch(name):
            one = tensor("annotation", *image(2, layers.channels or 3, batch)[1:])
            yield Guess("annotation", kind="list", items=(one,) * batch)
        yield from pyramid("annotation", layers, batch)
    elif re.search(r"dict\[str, *(torch\.)?tensor", text, re.IGNORECASE):
        items = [*from_layers(name, layers, batch), *anything("annotation", layers, batch)]
        yield Guess("annotation", kind="dict", keys=("x",), items=tuple(items[:1]))
    elif re.search(r"tuple\[(torch\.)?tensor", text, re.IGNORECASE):
        count = max(1, text.lower().count("tensor"))
        item = next(anything("annotation", layers, batch))
        yield Guess("annotation", kind="tuple", items=(item,) * count)
    elif re.search(r"longtensor|inttensor", text, re.IGNORECASE):
        yield tensor("annotation", batch, SEQUENCE, dtype="int64")
    elif "tensor" not in text.lower():
        yield from _plain(name, text)


def _stated_sizes(text: str) -> tuple[int, ...]:
    """Sizes of a jaxtyping annotation `Float[Tensor, "batch 3 224 224"]`: a named dimension is 1 when first, else 128."""
    quoted = _NAMED.search(text) if "[" in text and "ensor" in text else None
    if quoted is None:
        return ()
    sizes: list[int] = []
    for index, word in enumerate(quoted[1].split()):
        number = re.search(r"\d+$", word)
        if word.startswith(("*", "...")):
            continue
        sizes.append(int(number[0]) if number and not word[0].isalpha() else 1 if index == 0 else 128)
    return tuple(sizes)


def _plain(name: str, text: str) -> Iterator[Guess]:
    low = text.lower()
    if re.search(r"\bbool\b", low):
        yield value("annotation", False)
    elif re.search(r"tuple\[int|list\[int|torch\.size|sequence\[int", low):
        yield value("annotation", (14, 14))
    elif re.search(r"\bint\b", low):
        yield value("annotation", 14 if re.fullmatch(r"h|w|height|width|.*size", name, re.IGNORECASE) else 1)
    elif re.search(r"\bfloat\b", low):
        yield value("annotation", 1.0)
    elif re.search(r"optional|none", low):
        yield value("annotation", None)


def attention_inputs(name: str, layers: Layers, batch: int) -> list[Guess]:
    """Guesses for query, key and value: sequences, then sequences by head."""
    origin = f"assumed from the name {name}"
    rest = anything(origin, layers, batch)
    return [tensor(origin, batch, SEQUENCE, layers.width), tensor(origin, batch, 8, SEQUENCE, layers.width), *rest]
