"""What the name and the annotation of a `forward` parameter suggest, likeliest first."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator

import torch

from .guess import Guess, tensor, value
from .layers import SEQUENCE, WIDE, Layers, image

# Rules: a pattern of names, and the guesses that it suggests.
_Rule = Callable[[str, Layers, int], Iterator[Guess]]
_FEATURES = re.compile(
    r"(image|img|text|txt|visual|audio|video|query|prompt|class|pooled|\w*clip)_?(features?|embeds?|embeddings?|emb)"
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
        found += _embedded(origin, layers, batch)
    named = list(_named(name, origin, layers, batch))
    numbers = named[0].dtype == "int64" and (layers.form == "tokens" or not seen)
    if (main or (seen and not numbers)) and not found:
        found += list(_from_layers(name, layers, batch))
    found += named
    return found


def _named(name: str, origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    """Guesses from the first pattern that the name has."""
    rule = next(rule for pattern, rule in _RULES if re.fullmatch(pattern, name, re.IGNORECASE))
    yield from rule(origin, layers, batch)
    yield from _anything(origin, layers, batch)


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
        yield from _pyramid("annotation", layers, batch)
    elif re.search(r"dict\[str, *(torch\.)?tensor", text, re.IGNORECASE):
        yield Guess("annotation", kind="dict", keys=("x",), items=tuple(_from_layers(name, layers, batch))[:1])
    elif re.search(r"tuple\[(torch\.)?tensor", text, re.IGNORECASE):
        count = max(1, text.lower().count("tensor"))
        item = next(_anything("annotation", layers, batch))
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


def _from_layers(name: str, layers: Layers, batch: int) -> Iterator[Guess]:
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


def _anything(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
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
    yield from _pyramid(origin, layers, batch)
    yield tensor(origin, batch)


def _pyramid(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    channels = layers.channels or WIDE
    for count in (4, 3, 2, 1):
        items = tuple(tensor(origin, batch, channels, 56 >> level, 56 >> level) for level in range(count))
        yield Guess(origin, kind="list", items=items)


def _tokens(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    if layers.vocabulary or layers.form == "none":
        yield tensor(origin, batch, SEQUENCE, dtype="int64")
    yield tensor(origin, batch, SEQUENCE, layers.width)


def _mask(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield value(origin, None)
    yield tensor(origin, batch, SEQUENCE, dtype="bool")
    yield tensor(origin, SEQUENCE, SEQUENCE, dtype="bool")
    yield tensor(origin, batch, 1, SEQUENCE, SEQUENCE, dtype="bool")
    yield tensor(origin, batch, 1, 224, 224)


def _time(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield tensor(origin, batch, dtype="int64")
    yield tensor(origin, batch)
    yield tensor(origin, batch, layers.width)
    yield value(origin, 1)


def _embedded(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield tensor(origin, batch, layers.width)
    yield tensor(origin, batch, SEQUENCE, layers.width)


def _context(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield tensor(origin, batch, SEQUENCE, layers.width)
    yield tensor(origin, batch, layers.width)


def _labels(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield tensor(origin, batch, dtype="int64")
    if layers.form.startswith("image"):
        yield tensor(origin, *image(int(layers.form[-1]), layers.channels, batch))


def _state(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield value(origin, None)
    yield tensor(origin, batch, layers.width)
    yield tensor(origin, 1, batch, layers.width)
    pair = (tensor(origin, batch, layers.width),) * 2
    yield Guess(origin, kind="tuple", items=pair)


def _lengths(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield Guess(origin, (batch,), "int64", real=True)
    yield value(origin, None)


def _count(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield value(origin, SEQUENCE)
    yield Guess(origin, (batch,), "int64", real=True)


def _device(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield value(origin, torch.device("cpu"))


def _edges(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield tensor(origin, 2, 4 * SEQUENCE, dtype="int64")


def _size(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield value(origin, 14)
    yield value(origin, (14, 14))
    yield value(origin, (14, 14, 14))


def _flag(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield value(origin, False)


def _image(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    rank = int(layers.form[-1]) if layers.form.startswith("image") else 2
    channels = layers.channels if layers.form.startswith("image") else 3
    yield tensor(origin, *image(rank, channels, batch))


def _several(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield from _pyramid(origin, layers, batch)


def attention_inputs(name: str, layers: Layers, batch: int) -> list[Guess]:
    """Guesses for query, key and value: sequences, then sequences by head."""
    origin = f"assumed from the name {name}"
    rest = _anything(origin, layers, batch)
    return [tensor(origin, batch, SEQUENCE, layers.width), tensor(origin, batch, 8, SEQUENCE, layers.width), *rest]


def _same(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    """Another of the main input's kind."""
    yield from (Guess(origin, guess.shape, guess.dtype) for guess in _from_layers("", layers, batch))


_RULES: list[tuple[str, _Rule]] = [
    (r".*(mask|bias)s?", _mask),
    (
        r"(input|token|decoder_input|encoder_input)?_?(ids|tokens|token_ids|idx|indices|text|src|tgt|trg|seq|source|caption)s?|words?|.*_ids",
        _tokens,
    ),
    (r"t|ts|time|times|time_?steps?|sigmas?|noise_levels?|steps?|.*_times?|lambda_?|gamma", _time),
    (r".*(temb|t_emb|time_emb|emb|embed|embedding|style|vec|adaln_input|pooled\w*)s?", _embedded),
    (r"(.*_)?(context|cond|condition|memory|encoder_hidden_states|enc_out\w*|encoder_out\w*|c|ctx)", _context),
    (r".*(labels?|targets?|y|classes|class_id|gt|y_true)", _labels),
    (
        r"h|hx|h0|c0|h_0|hidden|hidden_state|states?|.*_state|cell|prev_\w+|cache|past\w*|pos|pos_emb\w*|freqs\w*|rope\w*",
        _state,
    ),
    (r"(max_?|seq_?|sequence_?|src_?|tgt_?|target_?|context_?)+len(gth)?|num_\w+", _count),
    (r".*len(gth)?s?", _lengths),
    (r"device", _device),
    (r"edge_(index|indices)|edges", _edges),
    (r"h|w|height|width|.*_?(size|shape|resolution|hw)|n|k|d|i|j", _size),
    (r"(return|use|is|with|need|output|do)_\w+|train(ing)?|inplace|causal", _flag),
    (r".*(img|image|pixel_values|frame|rgb|photo|noisy|sample)s?\d?", _image),
    (r".*(features|feats|feat_list|inputs|xs|outputs|multi\w*|skips|encoder_features|pyramid)", _several),
    (r".*", _same),
]
