"""What an installed package has elsewhere than where the code imports it from: older code runs with a newer package."""

from __future__ import annotations

import importlib
import os
import re
import sys
import types
from collections.abc import Iterator
from typing import Any

from . import without

_MOST_FILES, _DEEPEST = 400, 2


def moved_to(name: str, module: types.ModuleType) -> Any:
    """The function or class `name` of another module of the package that `module` belongs to; None if there is none."""
    top = module.__name__.partition(".")[0]
    folder = _folder(top)
    for place in _defining(name, folder) if "-packages" in folder else ():
        try:
            found = getattr(importlib.import_module(f"{top}.{place}"), name, None)
        except Exception:  # an optional part of the package
            continue
        if found is not None:
            without.assume(f"{name} is not in {module.__name__}: that of {top}.{place} is taken")
            return found
    return None


def module_moved_to(name: str) -> types.ModuleType | None:
    """The module of an installed package that has the name of one that is missing, its underscores aside; None if none has."""
    top, (package, _, last) = name.partition(".")[0], name.rpartition(".")
    folder = _folder(top)
    near = _files(_folder(package), private=True) if package != top else []
    for path in [*near, *_files(folder, private=True)] if "-packages" in folder and package else ():
        if os.path.basename(path)[: -len(".py")].strip("_") == last.strip("_"):
            place = os.path.relpath(path, os.path.dirname(folder))[: -len(".py")].replace(os.sep, ".")
            try:
                found = importlib.import_module(place)
            except Exception:  # an optional part of the package
                continue
            without.assume(f"{name} is not in the installed {top}: {place} is taken")
            return found
    return None


def _folder(package: str) -> str:
    """The folder of an imported package; empty where there is none."""
    return os.path.dirname(getattr(sys.modules.get(package), "__file__", None) or "")


def _defining(name: str, folder: str) -> Iterator[str]:
    """The dotted names, below the package, of files that define `name`, the outer ones first."""
    pattern = re.compile(rf"^(?:def|class) {re.escape(name)}\b", re.MULTILINE)
    for path in _files(folder):
        with open(path, encoding="utf-8", errors="replace") as file:
            if pattern.search(file.read()):
                yield os.path.relpath(path, folder)[: -len(".py")].replace(os.sep, ".")


def _files(folder: str, *, private: bool = False) -> list[str]:
    found: list[tuple[int, str]] = []
    for place, inner, names in os.walk(folder):
        depth = place[len(folder) :].count(os.sep)
        if depth >= _DEEPEST - 1:
            inner.clear()
        found += [
            (depth, os.path.join(place, name)) for name in names if name.endswith(".py") and (private or name[0] != "_")
        ]
    return [path for _, path in sorted(found)[:_MOST_FILES]]
