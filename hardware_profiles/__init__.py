"""What graphperf knows about devices: one TOML file each, every figure with unit, source and grade.

Importing this package stays cheap: the language server and ``graphperf-lint`` do it at start-up, often only to list
the known ids, and pydantic takes longer to import than the rest of the package together. The models of
:mod:`.schema` are therefore resolved on first use, and the loader imports them only when it reads a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .loader import Problem, ProfileError, UnknownHardware, ids, load_file, profile, profiles, user_directory
from .precision import Precision

if TYPE_CHECKING:
    from .schema import (
        Compute,
        Cpu,
        Efficiency,
        Energy,
        Fallback,
        Figure,
        Gpu,
        Grade,
        HardwareProfile,
        Kind,
        Kpu,
        Launch,
        Memory,
        Npu,
        Power,
        TileType,
        Tpu,
    )

__all__ = [
    "Compute",
    "Cpu",
    "Efficiency",
    "Energy",
    "Fallback",
    "Figure",
    "Gpu",
    "Grade",
    "HardwareProfile",
    "Kind",
    "Kpu",
    "Launch",
    "Memory",
    "Npu",
    "Power",
    "Precision",
    "Problem",
    "ProfileError",
    "TileType",
    "Tpu",
    "UnknownHardware",
    "ids",
    "load_file",
    "profile",
    "profiles",
    "user_directory",
]


def __getattr__(name: str) -> object:
    """Resolve the pydantic models of :mod:`.schema` on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import schema

    return getattr(schema, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
