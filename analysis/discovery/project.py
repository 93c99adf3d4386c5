"""What `pyproject.toml` says: of the project in `[tool.graphperf]`, of a model in `[tool.graphperf.models."path.py::Class"]`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from .calls import Candidate
from .classes import ModelClass
from .directive import KEYS, Directive, parse_shapes
from .targets import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

FILE = "pyproject.toml"


def configured(model: ModelClass, path: Path) -> ModelClass:
    """`model` with what the project's file says of it; a directive above the class goes before it."""
    if model.directive is not None:
        return model
    given = _section(path, model.name)
    if given is None:
        return model
    directive = _directive(given)
    if directive.init is None or directive.problem is not None:
        return replace(model, directive=directive)
    return replace(model, directive=directive, candidates=(Candidate(f"{model.name}({directive.init})", FILE),))


def project_table(path: Path) -> Mapping[str, Any]:
    """`[tool.graphperf]` of the project of a file or folder; empty where there is none."""
    return project(path)[1]


def hardware_paths(path: Path) -> tuple[Path, ...]:
    """The folders of device files that the project of a file or folder names: `hardware-path`, relative to its file.

    Raises `UsageError`.
    """
    folder, table = project(path)
    given: object = table.get("hardware-path", [])
    named = cast("list[object]", given) if isinstance(given, list) else [given]
    found: list[Path] = []
    for name in named:
        if not isinstance(name, str):
            raise UsageError(f"{folder / FILE}: [tool.graphperf] hardware-path must name folders, not {name!r}")
        found.append(folder / Path(name).expanduser())
        if not found[-1].is_dir():
            raise UsageError(f"{folder / FILE}: [tool.graphperf] hardware-path: {name} is not a folder")
    return tuple(found)


def _section(path: Path, name: str) -> Mapping[str, Any] | None:
    """The table of one class."""
    folder, table = project(path)
    tables: object = table.get("models")
    relative = os.path.relpath(path.resolve(), folder).replace(os.sep, "/")
    found = cast("dict[str, Any]", tables).get(f"{relative}::{name}") if isinstance(tables, dict) else None
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else None


def project(path: Path) -> tuple[Path, Mapping[str, Any]]:
    """The folder of the nearest `pyproject.toml` upwards, and its `[tool.graphperf]`; a file that cannot be read says nothing."""
    try:
        return readable_project(path)
    except UsageError:
        return _folder(path), {}


def readable_project(path: Path) -> tuple[Path, Mapping[str, Any]]:
    """The same. Raises `UsageError` for a file that cannot be read."""
    folder = _folder(path)
    try:
        table: object = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))["tool"]["graphperf"]
    except (FileNotFoundError, KeyError, TypeError):
        return folder, {}
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{folder / FILE} cannot be read: {error}") from error
    return folder, cast("Mapping[str, Any]", table) if isinstance(table, dict) else {}


def _folder(path: Path) -> Path:
    """The nearest folder upwards with such a file, else the topmost."""
    resolved = path.resolve()
    folders = [resolved, *resolved.parents] if resolved.is_dir() else list(resolved.parents)
    return next((folder for folder in folders if (folder / FILE).is_file()), folders[-1])


def _directive(given: Mapping[str, Any]) -> Directive:
    unknown = [key for key in given if key not in KEYS]
    if unknown:
        return Directive(0, problem=f"unknown key {unknown[0]!r}; known are {', '.join(KEYS)}")
    try:
        dtype = given.get("dtype")
        names = ",".join(cast("list[str]", dtype)) if isinstance(dtype, list) else dtype
        inputs = parse_shapes(str(given["input"]), names) if "input" in given else ()
    except (ValueError, TypeError) as error:
        return Directive(0, problem=str(error))
    settings = tuple((key, str(given[key])) for key in ("hardware", "precision", "batch", "mode") if key in given)
    return Directive(0, inputs, _init(given.get("init")), settings)


def _init(given: object) -> str | None:
    """Arguments as text: `"num_classes=10"`, or a table of literals."""
    if isinstance(given, dict):
        return ", ".join(f"{key}={value!r}" for key, value in cast("dict[str, object]", given).items())
    if given is None:
        return None
    text = str(given).strip()
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text
