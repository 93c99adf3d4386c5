"""The user's settings, from initialization options and the `graphperf` section: checked, with fallback and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from ..analysis.discovery import UsageError, hardware_paths
from ..analysis.settings import DEFAULT_HARDWARE, Options, with_values

SECTION = "graphperf"


class Settings(BaseModel):
    """What the user can choose in the editor. Names are accepted in camel and in snake case.

    `hardware_paths` is no choice of the user's: the folders of device files that the workspace's projects name.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    hardware_paths: tuple[Path, ...] = ()  # first: what follows is checked against the devices there
    hardware: tuple[str, ...] = Field(default=(DEFAULT_HARDWARE,), min_length=1)
    precision: str = "fp32"
    mode: str = "eager"
    batch: int | None = None
    interpreter: str | None = None
    capture_seconds: float = Field(default=60.0, gt=0, le=3600)
    capture_memory_gb: float = Field(default=8.0, gt=0, le=1024)
    trusted: bool = True

    @field_validator("hardware", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("hardware")
    @classmethod
    def _known_hardware(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        options = Options(hardware_paths=info.data.get("hardware_paths", ()))
        return tuple(dict.fromkeys(with_values(options, hardware=value).hardware))

    @field_validator("precision")
    @classmethod
    def _known_precision(cls, value: str) -> str:
        return with_values(Options(), precision=value).precision.value

    @field_validator("mode")
    @classmethod
    def _known_mode(cls, value: str) -> str:
        return with_values(Options(), mode=value).mode

    @field_validator("batch")
    @classmethod
    def _positive_batch(cls, value: int | None) -> int | None:
        return with_values(Options(), batch=value).batch

    @field_validator("interpreter")
    @classmethod
    def _expanded(cls, value: str | None) -> str | None:
        return str(Path(value).expanduser()) if value else None

    def options(self) -> Options:
        """The question that these settings ask. Raises `UsageError` when a device does not compute in the precision."""
        chosen = with_values(
            Options(python=self.interpreter, trusted=self.trusted, hardware_paths=self.hardware_paths),
            hardware=self.hardware, precision=self.precision, mode=self.mode, batch=self.batch,
            seconds=self.capture_seconds, memory_gb=self.capture_memory_gb,
        )  # fmt: skip
        chosen.devices()
        return chosen


def read_settings(layers: Sequence[object], folders: Sequence[Path] = ()) -> tuple[Settings, tuple[str, ...]]:
    """The settings from the given layers, later ones first, and a sentence for everything that could not be used.
    *folders* are the workspace's.

    A workspace is trusted when every layer that speaks of it says so: a later one may come from the workspace itself.
    """
    given: dict[str, Any] = {}
    trusted = True
    for layer in layers:
        values = _values(layer)
        trusted = trusted and values.get("trusted", True) is True
        given.update(values)
    given["trusted"] = trusted
    complaints: list[str] = []
    given["hardware_paths"] = _device_folders(folders, complaints)
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


def _values(layer: object) -> dict[str, Any]:
    """The settings of a layer under their own names, also when it wraps them in the section; null means not set."""
    if not isinstance(layer, Mapping):
        return {}
    values = cast("Mapping[str, Any]", layer)
    if isinstance(values.get(SECTION), Mapping):
        values = cast("Mapping[str, Any]", values[SECTION])
    names = {to_camel(name): name for name in Settings.model_fields}
    return {names.get(key, key): value for key, value in values.items() if value is not None}


def _without_invalid(given: dict[str, Any], complaints: list[str]) -> Settings:
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            name = str(problem["loc"][0])
            name = next((field for field in Settings.model_fields if name in (field, to_camel(field))), name)
            if name in given:
                text = problem["msg"].removeprefix("Value error, ")
                complaints.append(
                    f"The setting graphperf.{to_camel(name)} cannot be used: {text}. The default is used."
                )
                del given[name]
    return Settings.model_validate(given)


def _possible(settings: Settings) -> bool:
    try:
        settings.options()
    except UsageError:
        return False
    return True
