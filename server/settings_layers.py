"""Where the settings come from, layer upon layer: what cannot be used is told, and the default is used instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from ..analysis.discovery import UsageError, hardware_paths, project_table
from ..analysis.lint.criteria import criteria_of
from ..analysis.lint.settings import LintSettings, lint_settings
from ..analysis.modes import DEFAULT_HARDWARE, PROJECT_ASKS
from ..analysis.settings import device_named
from .judgement import without_criteria
from .settings import EVERYTHING, RuleSettings, Settings

SECTION = "graphperf"


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """The settings of each folder of a workspace, and of what lies in none of them."""

    elsewhere: Settings = field(default_factory=Settings)
    folders: Mapping[Path, Settings] = field(default_factory=dict[Path, Settings])

    def of(self, path: Path) -> Settings:
        """Those of the innermost folder that a file lies in."""
        around = (folder for folder in path.parents if folder in self.folders)
        folder = next(around, None)
        return self.elsewhere if folder is None else self.folders[folder]

    @property
    def processes(self) -> frozenset[tuple[str | None, bool]]:
        """What agents are started with: interpreters, and whether anything may run in them."""
        return frozenset((each.interpreter, each.trusted) for each in (self.elsewhere, *self.folders.values()))


def project_layer(folder: Path) -> Mapping[str, Any]:
    """What the project of a folder asks for. `trusted` and limits are read where a file is analysed."""
    table = project_table(folder)
    asked = {name: table[name] for name in PROJECT_ASKS if name in table}
    try:
        lint = lint_settings(folder)
    except UsageError:
        return asked  # `read_settings` tells what is wrong
    given = table.get("lint", {})
    named = [name for name in RuleSettings.model_fields if name in given or f"extend-{name}" in given]
    return asked | {"rules": {name: getattr(lint, name) for name in named}}


def read_settings(
    layers: Sequence[object], folders: Sequence[Path] = (), project: Path | None = None
) -> tuple[Settings, tuple[str, ...]]:
    """The settings from the given layers, later ones first, and a sentence for everything that could not be used.
    *folders* are the workspace's, *project* is the one whose criteria hold.

    A workspace is trusted when every layer that speaks of it says so: a later one may come from the workspace itself.
    """
    given: dict[str, Any] = {}
    trusted = True
    for layer in layers:
        values = _values(layer)
        trusted = trusted and values.get("trusted", True) is True
        given = _merged(given, values)
    given["trusted"] = trusted
    complaints: list[str] = []
    given["hardware_paths"] = _device_folders(folders, complaints)
    given["lint"] = _criteria(project, given["hardware_paths"], complaints)
    settings = _without_invalid(given, complaints)
    try:
        settings.options()
    except UsageError as error:
        kept = settings.model_copy(update={"precision": "fp32"})
        settings = kept if _possible(kept) else settings.model_copy(update={"hardware": (DEFAULT_HARDWARE,)})
        complaints.append(f"{error}. Using {settings.precision} on {', '.join(settings.hardware)} instead.")
    return settings, tuple(complaints)


def _device_folders(folders: Sequence[Path], complaints: list[str]) -> tuple[Path, ...]:
    found: dict[Path, None] = {}
    for folder in folders:
        try:
            found |= dict.fromkeys(hardware_paths(folder))
        except UsageError as error:
            complaints.append(f"{error}.")
    return tuple(found)


def _criteria(project: Path | None, devices: tuple[Path, ...], complaints: list[str]) -> LintSettings:
    """What a project asks of its models, checked as far as can be without one."""
    lint = EVERYTHING
    try:
        lint = lint_settings(project, EVERYTHING.severity) if project is not None else EVERYTHING
        criteria_of(lint)
        for hardware in {bound.hardware for bounds in lint.budgets.values() for bound in bounds} - {None}:
            device_named(str(hardware), devices)
    except UsageError as error:
        complaints.append(f"Not everything that the project asks of its models can be used: {error}")
        return without_criteria(lint)
    return lint


def _values(layer: object) -> dict[str, Any]:
    """The settings of a layer under their own names, also when it wraps them in the section; null means not set."""
    if not isinstance(layer, Mapping):
        return {}
    values = cast("Mapping[str, Any]", layer)
    if isinstance(values.get(SECTION), Mapping):
        values = cast("Mapping[str, Any]", values[SECTION])
    return _own_names(values, Settings)


def _own_names(values: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    names = {to_camel(name): name for name in model.model_fields}
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = names.get(key, key)
        group = _group(model, name)
        if value is not None:
            found[name] = _own_names(cast("Mapping[str, Any]", value), group) if group and _is_map(value) else value
    return found


def _group(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model of a group of settings."""
    field = model.model_fields.get(name)
    kind = field.annotation if field is not None else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both layers; a group's settings are merged one by one."""
    both = {name for name in above if _is_map(above[name]) and _is_map(below.get(name))}
    return {**below, **above, **{name: _merged(below[name], above[name]) for name in both}}


def _without_invalid(given: dict[str, Any], complaints: list[str]) -> Settings:
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            path = list(_path(problem["loc"]))
            if _remove(given, path):
                name = ".".join(map(to_camel, path))
                text = problem["msg"].removeprefix("Value error, ")
                complaints.append(f"The setting graphperf.{name} cannot be used: {text}. The default is used.")
    return Settings.model_validate(given)


def _path(place: Sequence[int | str]) -> Iterator[str]:
    """The names of a setting from its group down; what lies inside of a value is no part of it."""
    model: type[BaseModel] | None = Settings
    for part in place:
        if model is None:
            return
        name = next((field for field in model.model_fields if part in (field, to_camel(field))), str(part))
        yield name
        model = _group(model, name)


def _remove(given: dict[str, Any], path: Sequence[str]) -> bool:
    """Takes a value out; whether it was there."""
    table = given
    for name in path[:-1]:
        table = table.get(name, {})
    return table.pop(path[-1], None) is not None


def _possible(settings: Settings) -> bool:
    try:
        settings.options()
    except UsageError:
        return False
    return True
