"""The execution modes that a user can ask for, and what is asked where nobody says anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Mode = Literal["eager", "compiled", "ideal", "tensorrt", "xla", "kpu"]
MODES: tuple[Mode, ...] = get_args(Mode)

DEFAULT_HARDWARE = "h100-sxm5-80gb"
DEFAULT_PRECISION = "fp32"
DEFAULT_MODE: Mode = "eager"
# What a project asks in `[tool.graphperf]` where the user does not: the type of each value, and what holds without it.
PROJECT_ASKS: Mapping[str, tuple[type[str] | type[int], str | None]] = {
    "hardware": (str, DEFAULT_HARDWARE),
    "precision": (str, DEFAULT_PRECISION),
    "batch": (int, None),
    "mode": (str, DEFAULT_MODE),
}
