"""Configurations that name the class to make: Hydra's `_target_`, Lightning's `class_path`, `target` beside `params`, `type` or
`name` of a registry.
"""

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
_NAMING = (_HYDRA, "class_path", "target", "type", "name")
_GIVEN = ("params", "init_args")


class Settings(dict[str, Any]):
    """A mapping of a configuration: its keys are attributes too, as code expects that reads it with OmegaConf."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]


def settings(given: Any) -> Any:
    """A mapping with attributes, and those in it; anything else as it is."""
    if isinstance(given, dict):
        return Settings((key, settings(item)) for key, item in given.items())
    return [settings(item) for item in given] if isinstance(given, list) else given


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
    naming = re.compile(rf"({'|'.join(_NAMING)})[\"']?\s*:\s*[\"']?[\w.]*\b{re.escape(name)}\b")
    for file in descriptions(path):
        for part in _mappings(_values_of(file)) if naming.search(text_of(file)) else ():
            named = [key for key in _NAMING if str(part.get(key, "")).rpartition(".")[2] == name]
            if named:
                inner = next((part[key] for key in _GIVEN if isinstance(part.get(key), dict)), None)
                given = part if inner is None else inner
                keys = [key for key in given if str(key).isidentifier() and not (inner is None and key in named)]
                return file, {key: _written(given[key]) for key in keys}
    return None


@functools.lru_cache(maxsize=64)
def _values_of(file: str) -> Mapping[str, Any]:
    return values_of(text_of(file), file)


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """A configuration and the mappings in it, the outermost first."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _mappings(item)


def _written(value: Any) -> str:
    """An expression for a value."""
    if isinstance(value, (dict, list)) and any(_HYDRA in part for part in _mappings(value)):
        return f"made({value!r})"
    return f"settings({value!r})" if isinstance(value, dict) else repr(value)
