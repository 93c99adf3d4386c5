"""What the project of the working directory asks where an option does not: `[tool.graphperf]` of its `pyproject.toml`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import click

from ..discovery import UsageError
from ..discovery.project import readable_project
from ..modes import PROJECT_ASKS


def shown_default(name: str) -> str:
    """How the help speaks of it."""
    return f"the project's, else {PROJECT_ASKS[name][1]}"


def project_default(name: str) -> Callable[[], Any]:
    """The default of an option, looked up when it is needed. Raises `click.UsageError` for a value of another type."""
    kind, otherwise = PROJECT_ASKS[name]

    def look() -> Any:
        try:
            given: object = readable_project(Path.cwd())[1].get(name, otherwise)
        except UsageError as error:
            raise click.UsageError(str(error)) from error
        several = name == "hardware"
        values = cast("list[object]", given) if several and isinstance(given, list) else [given]
        if given is not None and not all(isinstance(value, kind) and not isinstance(value, bool) for value in values):
            raise click.UsageError(f"pyproject.toml: [tool.graphperf] {name} = {given!r} is no {kind.__name__}")
        return tuple(values) if several else cast("Any", given)

    return look
