"""Constants of the model that belong to no single device, read once from `constants.toml` with their sources."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, cast

from ..hardware_profiles.toml_file import read

_OTHERS: ContextVar[Mapping[str, float] | None] = ContextVar("others", default=None)


@cache
def _table() -> dict[str, dict[str, dict[str, Any]]]:
    return read(Path(__file__).with_name("constants.toml"))[1]


def constant(room: str, name: str) -> float:
    """A number, by table and key."""
    return float(constant_value(room, name))


def constant_of_family(room: str, name: str, family: str) -> float:
    """A number that is told apart by families of devices: the family's own, or that of all others."""
    values: dict[str, float] = constant_value(room, name)
    return float(values.get(family, values["others"]))


def constant_value(room: str, name: str) -> Any:
    """A list or table, by table and key."""
    value = _table()[room][name]["value"]
    others = _OTHERS.get()
    if others is None:
        return value
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        return {key: others.get(f"{room}.{name}.{key}", each) for key, each in parts.items()}
    return others.get(f"{room}.{name}", value)


@contextmanager
def replaced(others: Mapping[str, float]) -> Generator[None]:
    """Other values inside the block, by `room.name` or, inside a table, `room.name.key`: what a fit tries."""
    token = _OTHERS.set(others)
    try:
        yield
    finally:
        _OTHERS.reset(token)
