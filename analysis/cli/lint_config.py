"""`graphperf-lint config`: the settings of a project's linter, what they mean, and their values."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import cast

import click

from ..discovery import UsageError
from ..lint.settings import MEANINGS, lint_settings


def print_config(key: str | None) -> None:
    """One setting, or all. Raises `UsageError` for one that does not exist."""
    if key is not None and key not in MEANINGS:
        close = difflib.get_close_matches(key, MEANINGS, 1)
        raise UsageError(f"there is no setting {key}{f'; did you mean {close[0]}?' if close else ''}")
    settings = lint_settings(Path.cwd())
    for name in [key] if key is not None else MEANINGS:
        value = getattr(settings, name.replace("-", "_"), None)
        click.echo(f"{name} = {_shown(value)}\n    {MEANINGS[name]}")


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, cast('tuple[object, ...]', value)))}]"
    if isinstance(value, dict):
        pairs = cast("dict[object, object]", value).items()
        return f"{{{', '.join(f'{_shown(key)} = {_shown(held)}' for key, held in pairs)}}}"
    return f'"{value}"' if isinstance(value, str) else "unset" if value is None else str(value)
