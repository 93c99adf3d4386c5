"""Which rooms of the house import which, read from the files: `docs/architecture.md` is checked against it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .blocks import ROOT

TOPS = ("analysis", "server", "hardware_profiles")
# What runs in the user's interpreter is a program of its own.
APART = {"agent", "probe"}

Place = tuple[str, ...]


@cache
def modules() -> dict[Place, Path]:
    """The files by their place: `("analysis", "report", "units")`; a package by its folder's."""
    found: dict[Place, Path] = {}
    for file in sorted(path for top in TOPS for path in (ROOT / top).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if not APART & set(parts):
            found[parts[:-1] if parts[-1] == "__init__" else parts] = file
    return found


@cache
def imports() -> frozenset[tuple[Place, Place]]:
    """Which module imports which; a name that is no module stands for the module that has it."""
    return frozenset(_imports())


def _imports() -> Iterator[tuple[Place, Place]]:
    every = modules()
    for place, file in every.items():
        package = place if file.name == "__init__.py" else place[:-1]
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = (*package[: len(package) - node.level + 1], *(node.module or "").split("."))
                base = tuple(part for part in base if part)
                for alias in node.names:
                    target = (*base, alias.name)
                    yield place, target if target in every else base
