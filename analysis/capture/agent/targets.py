"""Configurations that name the class to make: Hydra's `_target_`, Lightning's `class_path`, `target` beside `params`."""

from __future__ import annotations

import functools
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from .config_files import values_of
from .nearby import descriptions, text_of
from .roots import folders_with

_HYDRA = "_target_"
_NAMING = (_HYDRA, "class_path", "target")
_GIVEN = ("params", "init_args")
_REFERENCE = re.compile(r"\$\{([\w.]+)\}")


class Settings(dict[str, Any]):
    """A mapping of a configuration: its keys are attributes too, as code expects that reads it with OmegaConf."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return settings(self[name])


def settings(given: Any) -> Any:
    """A mapping with attributes; anything else as it is."""
    return Settings(given) if isinstance(given, dict) else given


def maker(path: str) -> Any:
    """Makes what a mapping with `_target_` describes, and what is in it; modules are found from the file `path` upwards."""

    def made(given: Any) -> Any:
        if isinstance(given, list):
            return [made(item) for item in given]
        if not isinstance(given, dict):
            return given
        inner = {key: made(value) for key, value in given.items() if not str(key).startswith("_")}
        if _HYDRA not in given:
            return settings(inner)
        module, _, name = str(given[_HYDRA]).rpartition(".")
        target = getattr(_imported(module, path), name)
        return functools.partial(target, **inner) if given.get("_partial_") else target(**inner)

    return made


def _imported(module: str, path: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        folder = next(folders_with(module, path), None)
        if folder is None:
            raise
        sys.path.insert(0, folder)
        return importlib.import_module(module)


def arguments_for(name: str, path: str) -> tuple[str, dict[str, str]] | None:
    """The name of the file, and expressions by parameter, of the first configuration that says how to make a class `name`."""
    for file in descriptions(path):
        text = text_of(file)
        whole = values_of(text, file) if re.search(rf"\.{re.escape(name)}\b", text) else {}
        for part in _mappings(whole):
            if any(str(part.get(key, "")).rpartition(".")[2] == name for key in _NAMING):
                inner = next((part[key] for key in _GIVEN if isinstance(part.get(key), dict)), None)
                given = part if inner is None else inner
                written = {str(key): _written(value, whole) for key, value in given.items() if key not in _NAMING}
                return file, {key: text for key, text in written.items() if text and key.isidentifier()}
    return None


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """A configuration and the mappings in it, the outermost first."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _mappings(item)


def _written(value: Any, whole: Mapping[str, Any]) -> str:
    """An expression for a value, what it refers to put in; empty where that is not in the file."""
    try:
        given = _resolved(value, whole)
    except LookupError:
        return ""
    if isinstance(given, (dict, list)) and any(_HYDRA in part for part in _mappings(given)):
        return f"made({given!r})"
    return f"settings({given!r})" if isinstance(given, dict) else repr(given)


def _resolved(value: Any, whole: Mapping[str, Any]) -> Any:
    """`${model.width}` as what it refers to. Raises `LookupError` for what is not there, and `RecursionError` in a circle."""
    if isinstance(value, dict):
        return {key: _resolved(item, whole) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, whole) for item in value]
    found = _REFERENCE.search(value) if isinstance(value, str) else None
    if found is None or found[0] != value:
        if found is not None or (isinstance(value, str) and "${" in value):
            raise LookupError(value)
        return value
    target: Any = whole
    for key in found[1].split("."):
        if not isinstance(target, dict):
            raise LookupError(value)
        target = target[key]
    return _resolved(target, whole)
