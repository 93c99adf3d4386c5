"""What names of `forward` parameters suggest, as patterns, each with its guesses, likeliest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from .expected import from_layers, pyramid
from .guess import Guess, tensor, value
from .layers import SEQUENCE, Layers, image

# What a pattern suggests: its words, the layers of the model, the batch.
Rule = Callable[[str, Layers, int], Iterator[Guess]]


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


def embedded(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    """A vector, or a sequence of them."""
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


def _number(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield tensor(origin)
    yield value(origin, 1.0)


def _count(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield value(origin, SEQUENCE)
    yield Guess(origin, (batch,), "int64", real=True)


def _batch(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    if layers.form == "none":
        yield value(origin, batch)
    yield from _same(origin, layers, batch)


def _flow(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    """Two numbers for each place of a feature map or an image."""
    yield tensor(origin, batch, 2, 56, 56)
    yield tensor(origin, batch, 2, 224, 224)


def _device(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield value(origin, torch.device("cpu"))


def _dtype(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield value(origin, torch.float32)


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


def _audio(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    """Sound: samples, of channels, of sources."""
    channels = layers.channels if layers.form == "image1" else 1
    yield tensor(origin, batch, *(() if layers.form != "image1" else (channels,)), 16000)
    yield tensor(origin, batch, 2, 16000)
    yield tensor(origin, batch, 4, 2, 16000)
    yield from _same(origin, layers, batch)


def _several(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    yield from pyramid(origin, layers, batch)


def _same(origin: str, layers: Layers, batch: int) -> Iterator[Guess]:
    """Another of the main input's kind."""
    yield from (Guess(origin, guess.shape, guess.dtype) for guess in from_layers("", layers, batch))


# The first pattern that a name has counts.
RULES: list[tuple[str, Rule]] = [
    (r"logit_(scale|bias)|temperature|temp", _number),
    (r".*(mask|bias)s?", _mask),
    (
        r"(input|token|decoder_input|encoder_input)?_?(ids|tokens|token_ids|idx|indices|text|src|tgt|trg|seq|source|caption)s?|words?|.*_ids",
        _tokens,
    ),
    (r"t|ts|time|times|time_?steps?|sigmas?|noise_levels?|steps?|.*_times?|lambda_?|gamma|guidance(_\w+)?", _time),
    (r".*(temb|t_emb|time_emb|emb|embed|embedding|style|vec|adaln_input|pooled\w*)s?", embedded),
    (r"(.*_)?(context|cond|condition|memory|encoder_hidden_states|enc_out\w*|encoder_out\w*|c|ctx)", _context),
    (r".*(labels?|targets?|y|classes|class_id|gt|y_true)", _labels),
    (
        r"\w*hxs?|h|h0|c0|h_0|hidden|hidden_state|states?|.*_state|cell|prev_\w+|cache|past\w*|pos|pos_emb\w*|freqs\w*|rope\w*",
        _state,
    ),
    (r"(max_?|seq_?|sequence_?|src_?|tgt_?|target_?|context_?)+len(gth)?|num_\w+", _count),
    (r".*len(gth)?s?", _lengths),
    (r"batch|bsz?|batch_?size", _batch),
    (r".*flow", _flow),
    (r"device", _device),
    (r"(.*_)?dtype", _dtype),
    (r"edge_(index|indices)|edges", _edges),
    (r"h|w|height|width|.*_?(size|shape|resolution|hw)|n|k|d|i|j", _size),
    (r"(return|use|is|with|need|output|do)_\w+|train(ing)?|inplace|causal", _flag),
    (r"(.*_)?(wavs?|waveforms?|audios?|speech)", _audio),
    (r".*(img|image|pixel_values|frame|rgb|photo|noisy|sample)s?\d?", _image),
    (r".*(features|feats|feat_list|outputs|multi\w*|skips|pyramid)|inputs|xs", _several),
    (r".*", _same),
]
