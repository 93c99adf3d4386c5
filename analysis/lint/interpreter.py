"""The interpreter of a project's own environment, for a linter that is installed apart from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ..discovery import UsageError
from ..discovery.project import FILE, project

# What `--python` takes for it.
PROJECT = "project"
_ENVIRONMENTS = (".venv", "venv")
_HAS_TORCH = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)"
_SECONDS = 10.0


def project_python(place: Path) -> str | None:
    """The first that has torch: `python` of `[tool.graphperf]`, the active environment's, that of `.venv` or `venv` in the
    project's folder, those of the search path, and the one that runs this. None where there is none.

    Raises `UsageError` where the one that is named has not.
    """
    folder, table = project(place)
    named: object = table.get("python")
    if named is not None:
        python = shutil.which(str(folder / Path(str(named)).expanduser())) if isinstance(named, str) else None
        if python is None or not _has_torch(python):
            raise UsageError(f"{folder / FILE}: [tool.graphperf] python: {named!r} is no interpreter with torch")
        return python
    return next(filter(_has_torch, dict.fromkeys(_candidates(folder, place))), None)


def _candidates(*folders: Path) -> Iterator[str]:
    """Interpreters that may be the project's; the one that runs this last."""
    active = [Path(os.environ[name]) for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if name in os.environ]
    beside = [folder / name for folder in folders for name in _ENVIRONMENTS]
    for environment in (*active, *beside):
        for python in (environment / "bin" / "python", environment / "Scripts" / "python.exe"):
            if python.is_file() and environment.resolve() != Path(sys.prefix).resolve():
                yield str(python)
    for entry in os.get_exec_path():
        found = shutil.which("python3", path=entry) or shutil.which("python", path=entry)
        if found is not None and Path(entry).resolve().parent != Path(sys.prefix).resolve():
            yield found
    yield sys.executable


def _has_torch(python: str) -> bool:
    try:
        done = subprocess.run([python, "-c", _HAS_TORCH], capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
