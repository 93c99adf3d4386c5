"""Constants of the model that belong to no single device, read once from `constants.toml` with their sources."""

from __future__ import annotations

import sys
from functools import cache
from importlib.resources import files
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@cache
def _table() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(files(__package__ or "graphperf.analysis").joinpath("constants.toml").read_text("utf-8"))


def constant(room: str, name: str) -> float:
    """A number, by table and key."""
    return float(_table()[room][name]["value"])


def constant_value(room: str, name: str) -> Any:
    """A list or table, by table and key."""
    return _table()[room][name]["value"]
