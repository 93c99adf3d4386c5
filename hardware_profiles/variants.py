"""Variants of a device: other power modes of the same silicon, described by what differs.

A table ``[variant.15w]`` repeats the structure of the file and holds only the figures that change. A figure is replaced
whole: its source and grade belong to its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

TABLE = "variant"
SEPARATOR = "@"
_FIXED = ("id", "kind", "variants", TABLE)
Tables = Mapping[str, Any]


class VariantError(ValueError):
    """A variant that cannot be put together; *field* is where it went wrong."""

    def __init__(self, field: tuple[str, ...], message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message


def split(tables: Tables) -> tuple[Tables, Mapping[str, Tables]]:
    """Return the tables of the device itself, and of each variant by name. Raises :class:`VariantError`."""
    if "variants" in tables:
        raise VariantError(("variants",), f"unknown field; each variant is a [{TABLE}.<name>] table")
    changes = _table(tables.get(TABLE, {}), (TABLE,))
    base = {key: value for key, value in tables.items() if key != TABLE} | {"variants": tuple(changes)}
    return base, {name: _variant(base, name, value) for name, value in changes.items()}


def _variant(base: Tables, name: str, value: object) -> Tables:
    changes = _table(value, (TABLE, name))
    for field in _FIXED:
        if field in changes:
            raise VariantError((TABLE, name, field), "a variant cannot change this")
    identity = {"id": f"{base.get('id')}{SEPARATOR}{name}", "name": f"{base.get('name')}, {name}", "variants": ()}
    return _merged({**base, **identity}, changes)


def _table(value: object, field: tuple[str, ...]) -> Tables:
    if not isinstance(value, dict):
        raise VariantError(field, "not a table")
    return cast("Tables", value)


def _merged(base: Tables, changes: Tables) -> Tables:
    result = dict(base)
    for key, change in changes.items():
        old = base.get(key)
        result[key] = _merged(cast("Tables", old), cast("Tables", change)) if _nests(old, change) else change
    return result


def _nests(old: object, change: object) -> bool:
    """Whether both are tables of figures, rather than one figure (which has a value) or a text."""
    return isinstance(old, dict) and isinstance(change, dict) and "value" not in old
