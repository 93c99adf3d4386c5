"""Changes to how a model is run, to see what they would save: the `--set` of the commands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from enum import Enum

WhatIfs = frozenset["WhatIf"]


class WhatIf(str, Enum):
    """One change; the value is its spelling on the command line and in reports.

    `channels_last`: images and weights lie in memory as half-precision convolutions want them, so eager mode converts no layouts;
    the model is captured once more in that order. What takes contiguous images only copies them there and back.
    `fold-bn`: batch norms are multiplied into the weights of the convolution or linear layer before them.
    `cuda-graphs`: the kernels of a GPU are launched from a graph; no dispatch on the host, the shorter gap between kernels.
    `streams`: kernels of a GPU that do not wait for each other run at once, as far as they leave units and bandwidth idle.
    `kept-pages`: on a CPU the process keeps the memory that it frees, so the system clears no page twice.
    """

    CHANNELS_LAST = "channels_last"
    FOLD_BN = "fold-bn"
    CUDA_GRAPHS = "cuda-graphs"
    STREAMS = "streams"
    KEPT_PAGES = "kept-pages"


# Variables of the environment that bring a change about: with glibc's thresholds above any block it gives nothing back.
ENVIRONMENT: Mapping[WhatIf, Mapping[str, str]] = {
    WhatIf.KEPT_PAGES: {"MALLOC_TRIM_THRESHOLD_": "4294967296", "MALLOC_MMAP_THRESHOLD_": "4294967296"}
}
# What a model can be run with for real.
MEASURED: WhatIfs = frozenset({WhatIf.CHANNELS_LAST, *ENVIRONMENT})


def environment(what_ifs: WhatIfs) -> dict[str, str]:
    """The variables that bring changes about, those of changes that need none left out."""
    return {name: value for what_if in sorted(what_ifs) for name, value in ENVIRONMENT.get(what_if, {}).items()}


def assignments(what_if: WhatIf) -> str:
    """The variables that bring a change about, as a shell sets them."""
    return " ".join(f"{name}={value}" for name, value in environment(frozenset({what_if})).items())


def parse_what_ifs(texts: Iterable[str]) -> WhatIfs:
    """Reads names. Raises `ValueError` naming the nearest spellings."""
    return frozenset(_parse(text) for text in texts)


def names(what_ifs: Iterable[WhatIf]) -> tuple[str, ...]:
    """Their spellings, sorted."""
    return tuple(sorted(what_if.value for what_if in what_ifs))


def _parse(text: str) -> WhatIf:
    word = text.lower().replace("_", "-")
    known = {what_if.value.replace("_", "-"): what_if for what_if in WhatIf}
    if word in known:
        return known[word]
    choices = [what_if.value for what_if in WhatIf]
    close = difflib.get_close_matches(word, choices, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ValueError(f"unknown setting {text!r}, choose from {', '.join(choices)}{hint}")
