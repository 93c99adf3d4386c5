"""The execution modes that a user can ask for, and what is asked where nobody says anything."""

from __future__ import annotations

from typing import Literal, get_args

Mode = Literal["eager", "compiled", "ideal", "tensorrt", "xla", "kpu"]
MODES: tuple[Mode, ...] = get_args(Mode)

DEFAULT_HARDWARE = "h100-sxm5-80gb"
DEFAULT_PRECISION = "fp32"
DEFAULT_MODE: Mode = "eager"
