"""Files that the user's code names relative to the folder that its scripts are started in: the repository's."""

from __future__ import annotations

import builtins
import functools
import io
import os
from collections.abc import Callable
from typing import Any

from .nearby import upwards


def install(path: str | None) -> None:
    """Such files of the code of `path` can be read. Only for a process that ends after the capture."""
    original = getattr(builtins.open, "__wrapped__", builtins.open)
    builtins.open = io.open = _found(original, path or "")  # type: ignore[assignment]


def _found(original: Callable[..., Any], path: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def opened(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        try:
            return original(file, mode, *args, **kwargs)
        except FileNotFoundError:
            place = _place(file, path) if not set(mode) & set("wax+") else ""
            if not place:
                raise
            return original(place, mode, *args, **kwargs)

    return opened


def _place(file: object, path: str) -> str:
    """The file of that name in a folder of the repository that has the code in it, the nearest first."""
    if not path or not isinstance(file, (str, os.PathLike)) or os.path.isabs(file):
        return ""
    places = (os.path.join(folder, os.fspath(file)) for folder in upwards(path))
    return next((place for place in places if os.path.isfile(place)), "")
