"""Finding and reading device files.

A profile is looked for among the shipped devices, then in the user's configuration directory, then in the directories
the caller adds; a later place overrides an earlier one. The variant of a device, `<id>@<variant>`, is in the device's
file. pydantic and the TOML parser are imported inside functions: see
the package's docstring.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from . import variants
from ._suggest import did_you_mean, matches
from .variants import SEPARATOR

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from .schema import HardwareProfile
    from .variants import Tables

_SHIPPED = Path(__file__).parent / "devices"
_SUGGESTIONS = 4


class UnknownHardware(KeyError):
    """No profile has this id; *suggestions* are the nearest ids, *known* all of them."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = known
        self.suggestions = matches(_normal(name), known, _SUGGESTIONS)

    def __str__(self) -> str:
        hint = did_you_mean(_normal(self.name), self.known, _SUGGESTIONS)
        return f"unknown hardware {self.name!r}" + (hint or f". Known: {', '.join(self.known)}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: dotted *field* (empty for the file itself), *line* from 1 when it was found."""

    field: str
    message: str
    line: int | None = None


class ProfileError(ValueError):
    """A device file that cannot be used, and all that is wrong with it."""

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        super().__init__(path, problems)
        self.path = path
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self._line(problem) for problem in self.problems)

    def _line(self, problem: Problem) -> str:
        place = f"{self.path}:{problem.line}" if problem.line else str(self.path)
        return ": ".join(filter(None, [place, problem.field, problem.message]))


def profile(name: str, extra: Iterable[Path] = ()) -> HardwareProfile:
    """Return the profile with this id (any case, ``_`` or ``-``), which may name a variant: ``<id>@<variant>``.

    A name that ends in ``.toml`` is the path of a device file.

    *extra* are directories to search besides the shipped and the user's. Files are read once and again when they
    change. Raises :class:`UnknownHardware` or :class:`ProfileError`.
    """
    if name.endswith(".toml"):
        return _load_path(Path(name))
    files = _files(extra)
    wanted = _normal(name)
    path = files.get(wanted) or files.get(wanted.partition(SEPARATOR)[0])
    if path is None:
        raise UnknownHardware(name, tuple(files))
    devices = {device.id: device for device in _load(path)}
    if wanted not in devices:
        raise UnknownHardware(name, tuple(sorted({*files, *devices})))
    return devices[wanted]


def profiles(extra: Iterable[Path] = ()) -> tuple[HardwareProfile, ...]:
    """Return all profiles, by id, each followed by its variants. Raises :class:`ProfileError` at the first file that
    cannot be used."""
    return tuple(device for path in _files(extra).values() for device in _load(path))


def ids(extra: Iterable[Path] = ()) -> tuple[str, ...]:
    """Return the ids of all devices, sorted, from the names of the files: none is opened, so variants are not listed."""
    return tuple(_files(extra))


def load_file(path: Path) -> HardwareProfile:
    """Read and check one device file, whose name must be its id, with its variants. Raises :class:`ProfileError`."""
    return load_variants(path)[0]


def load_variants(path: Path) -> tuple[HardwareProfile, ...]:
    """Return the device of a file, and then its variants. Raises :class:`ProfileError`."""
    text, tables = _read(path)
    try:
        base, changed = variants.split(tables)
    except variants.VariantError as error:
        raise ProfileError(path, (_problem(text, error.field, error.message),)) from error
    device = _validated(path, text, base)
    if device.id != _normal(path.stem):
        message = f"{device.id!r} differs from the file's name {path.stem!r}"
        raise ProfileError(path, (_problem(text, ("id",), message),))
    return (device, *(_validated(path, text, value, (variants.TABLE, name)) for name, value in changed.items()))


def user_directory() -> Path:
    """Return the directory of the user's own device files, which need not exist."""
    from platformdirs import user_config_dir

    return Path(user_config_dir("graphperf")) / "hardware"


def _load_path(path: Path) -> HardwareProfile:
    if not path.is_file():
        raise ProfileError(path, (Problem("", "no such file"),))
    return _load(path.resolve())[0]


def _load(path: Path) -> tuple[HardwareProfile, ...]:
    status = path.stat()
    return _load_version(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _load_version(path: Path, _modified: int, _size: int) -> tuple[HardwareProfile, ...]:
    return load_variants(path)


def _files(extra: Iterable[Path]) -> dict[str, Path]:
    """Return the device files by id, sorted."""
    user = user_directory()
    directories = [_SHIPPED, *([user] if user.is_dir() else [])]
    for directory in extra:
        if not directory.is_dir():
            raise ProfileError(directory, (Problem("", "not a directory"),))
        directories.append(directory)
    found = {_normal(path.stem): path for directory in directories for path in directory.glob("*.toml")}
    return dict(sorted(found.items()))


def _normal(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _read(path: Path) -> tuple[str, Tables]:
    from . import toml_file

    try:
        return toml_file.read(path)
    except OSError as error:
        raise ProfileError(path, (Problem("", error.strerror or str(error)),)) from error
    except toml_file.TomlError as error:
        raise ProfileError(path, (Problem("", error.message, error.line),)) from error


def _validated(path: Path, text: str, tables: Tables, place: tuple[str, ...] = ()) -> HardwareProfile:
    """Return the profile in *tables*; what is wrong is looked for at *place* in *text*."""
    from pydantic import ValidationError

    from .schema import HardwareProfile

    try:
        return HardwareProfile.model_validate(tables)
    except ValidationError as error:
        raise ProfileError(path, tuple(_invalid(text, place, item) for item in error.errors())) from error


def _invalid(text: str, place: tuple[str, ...], error: ErrorDetails) -> Problem:
    field = tuple(str(part) for part in error["loc"] if part != "[key]")
    message = {"missing": "missing", "extra_forbidden": "unknown field"}.get(error["type"], error["msg"])
    return _problem(text, (*place, *field), message.removeprefix("Value error, "))


def _problem(text: str, field: tuple[str, ...], message: str) -> Problem:
    from .toml_file import line_of

    return Problem(".".join(field), message, line_of(text, field))
