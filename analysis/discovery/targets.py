"""What the user names on the command line: `file.py`, `file.py::Class` or `package.module:factory`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


class UsageError(ValueError):
    """The request itself cannot be carried out; the message says what to change."""


@dataclass(frozen=True, slots=True)
class FileTarget:
    """All models of a file, or one class of it."""

    path: Path
    class_name: str | None = None

    def __str__(self) -> str:
        return f"{self.path}::{self.class_name}" if self.class_name else str(self.path)


@dataclass(frozen=True, slots=True)
class ModuleTarget:
    """A callable without arguments that returns a module, by its import path."""

    module: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}"


Target = FileTarget | ModuleTarget
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def parse_target(text: str) -> Target:
    """The target that `text` names. Raises `UsageError` when it names none or the file does not exist."""
    path_text, separator, class_name = text.partition("::")
    if path_text.endswith((".py", ".pyi", ".ipynb")) or separator:
        return _file_target(Path(path_text), class_name or None, text)
    if _MODULE.fullmatch(text):
        module, _, attribute = text.partition(":")
        return ModuleTarget(module, attribute)
    if Path(text).is_file():
        return FileTarget(Path(text))
    raise UsageError(f"{text!r} is no target: give file.py, file.py::Class or package.module:factory")


def _file_target(path: Path, class_name: str | None, text: str) -> FileTarget:
    check_file(path)
    if class_name is not None and not class_name.replace(".", "_").isidentifier():
        raise UsageError(f"{text!r} is no target: after '::' comes a class name")
    return FileTarget(path, class_name)


def check_file(path: Path) -> None:
    """Raises `UsageError` for what is no Python file: nothing, a folder, a notebook."""
    if not path.exists():
        raise UsageError(f"{path}: {'a link that leads nowhere' if path.is_symlink() else 'no such file'}")
    if not path.is_file():
        raise UsageError(f"{path} is not a file")
    if path.suffix == ".ipynb":
        raise UsageError(f"{path} is a notebook; export it with `jupyter nbconvert --to script`")
