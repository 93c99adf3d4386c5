"""Environment variables that the user's code reads and that only a script of its repository sets."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from . import without
from .nearby import code_files, text_of
from .roots import is_installed

# What launchers of distributed programs set, for a process that is alone.
_ALONE = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "LOCAL_WORLD_SIZE": "1"}
_STANDARD = os.path.dirname(os.__file__)


def install(path: str | None) -> None:
    """What the code of `path` reads is there. Only for a process that ends after the capture."""
    environment: Any = type(os.environ)
    original = getattr(environment.__getitem__, "__wrapped__", environment.__getitem__)
    environment.__getitem__ = _told(original, path or "")


def _told(original: Callable[[Any, str], str], path: str) -> Callable[[Any, str], str]:
    @functools.wraps(original)
    def read(environ: Any, name: str) -> str:
        try:
            return original(environ, name)
        except KeyError:
            caller = sys._getframe(1).f_code.co_filename  # `get` asks from the standard library
            found = None if caller.startswith((_STANDARD, "<")) or is_installed(caller) else _value(name, path)
            if found is None:
                raise
            value, source = found
            without.assume(f"the environment variable {name} is not set: taken as {value!r}{source}")
            os.environ[name] = value
            return value

    return read


def _value(name: str, path: str) -> tuple[str, str] | None:
    """What a script sets the variable to, and its name in words."""
    if name in _ALONE:
        return _ALONE[name], ""
    for file, text in _texts(path, name):
        given = re.search(rf"environ(?:\[|\.setdefault\()[\"']{name}[\"'](?:\] *=|,) *[\"']([^\"']*)[\"']", text)
        if given is not None:
            return given[1], f", as in {os.path.basename(file)}"
    return None


def _texts(path: str, name: str) -> Iterator[tuple[str, str]]:
    for file in code_files(path):
        text = text_of(file)
        if name in text:
            yield file, text
