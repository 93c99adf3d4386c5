"""Which fix belongs to which rule. A fix is imported when it is tried: what reads and edits Python (libcst) takes a while to load."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
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
    """The fix for what a rule finds, from the file of its name in `kinds`."""
    name = FIXABLE.get(code)
    return cast(Fix, importlib.import_module(f"{__package__}.kinds.{name}").FIX) if name else None
