"""Which of a file's imports come from installed packages, and can be imported ahead of its captures."""

from __future__ import annotations

import functools
import importlib.machinery
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from .roots import INSTALLED, package_of

# Module, and the names that are imported from it.
Imports = tuple[tuple[str, tuple[str, ...]], ...]


def ahead(request: Mapping[str, Any]) -> Imports:
    """Imports of a request that name an installed package and are not done yet.

    A package that the user's folders have too is theirs, and so is the one that the analysed file belongs to.
    """
    file = request.get("file")
    root, name = package_of(file) if file else ("", "")
    folders = [root, os.path.dirname(file)] if file else []
    local = [folder for folder in (*folders, *request["paths"]) if os.path.basename(folder) not in INSTALLED]
    own = name.partition(".")[0]
    found: dict[str, set[str]] = {}
    for module, names in request["imports"]:
        top = module.partition(".")[0]
        if top != own and _is_installed(top) and not _is_below(top, local) and not _is_done(module, names):
            found.setdefault(module, set()).update(names)
    return tuple((module, tuple(sorted(names))) for module, names in sorted(found.items()))


@functools.cache
def _is_installed(top: str) -> bool:
    folders = [entry for entry in sys.path if os.path.basename(entry) in INSTALLED]
    return importlib.machinery.PathFinder.find_spec(top, folders) is not None


def _is_below(top: str, folders: Iterable[str]) -> bool:
    return any(
        os.path.exists(os.path.join(folder, top)) or os.path.exists(os.path.join(folder, f"{top}.py"))
        for folder in folders
    )


def _is_done(module: str, names: Iterable[str]) -> bool:
    known = sys.modules.get(module)
    return known is not None and all(name in vars(known) for name in names)
