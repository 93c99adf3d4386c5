"""Which fix belongs to which rule. A fix is imported when it is tried: libcst takes a while to load."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import cast

from .fix import Fix

FIXABLE: Mapping[str, str] = {
    "GP102": "expand",
    "GP105": "contiguous",
    "GP401": "convolution_bias",
    "GP402": "attention",
    "GP404": "activations",
    "GP407": "duplicate",
    "GP409": "log_softmax",
    "GP410": "linear",
    "GP411": "normalization",
    "GP903": "pin_input",
}


def fix_for(code: str) -> Fix | None:
    """The fix for what a rule finds, from the file of its name in `kinds`; there is none where libcst is not installed."""
    name = FIXABLE.get(code) if find_spec("libcst") is not None else None
    return cast(Fix, importlib.import_module(f"{__package__}.kinds.{name}").FIX) if name else None
