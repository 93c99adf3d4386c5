"""Constants of the model that belong to no single device, read once from `constants.toml` with their sources."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ..hardware_profiles.toml_file import read


@cache
def _table() -> dict[str, dict[str, dict[str, Any]]]:
    return read(Path(__file__).with_name("constants.toml"))[1]


def constant(room: str, name: str) -> float:
    """A number, by table and key."""
    return float(_table()[room][name]["value"])


def constant_value(room: str, name: str) -> Any:
    """A list or table, by table and key."""
    return _table()[room][name]["value"]
