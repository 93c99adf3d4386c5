"""The options of `graphperf-lint` that say which findings count: the project's settings, and what is given instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..discovery import UsageError
from ..finding import SEVERITIES
from ..lint.settings import LintSettings, lint_settings, prefixes
from .question_options import Command, decorated

FILE = click.Path(dir_okay=False, path_type=Path)


def selection_options(command: Command) -> Command:
    """Adds the options that `chosen_settings` reads."""
    decorators = [
        click.option("--select", multiple=True, metavar="CODES", help="Only these rules, by the beginning of their codes."),
        click.option("--extend-select", multiple=True, metavar="CODES", help="These too."),
        click.option("--ignore", multiple=True, metavar="CODES", help="Not these."),
        click.option("--per-file-ignores", multiple=True, metavar="PATTERN:CODES", help="Not these in such files."),
        click.option("--severity", type=click.Choice(SEVERITIES), help="The least severe that counts; default: information."),
        click.option("--baseline", type=FILE, help="Report what got worse than in this file, and nothing that is in it."),
        click.option("--isolated", is_flag=True, help="Ignore the lint settings of pyproject.toml."),
    ]  # fmt: skip
    return decorated(command, decorators)


def chosen_settings(
    select: Sequence[str], extend_select: Sequence[str], ignore: Sequence[str], per_file_ignores: Sequence[str],
    severity: Any, baseline: Path | None, isolated: bool,
) -> LintSettings:  # fmt: skip
    """The checked settings. Raises `UsageError`."""
    settings = LintSettings() if isolated else lint_settings(Path.cwd())
    pairs = dict(settings.per_file_ignores)
    for text in per_file_ignores:
        pattern, separator, codes = text.rpartition(":")
        if not separator:
            raise UsageError(f"--per-file-ignores {text}: give PATTERN:CODES, as tests/*:GP1")
        pairs[pattern] = (*pairs.get(pattern, ()), *prefixes("--per-file-ignores", [codes]))
    return replace(
        settings,
        select=(prefixes("--select", select) or settings.select) + prefixes("--extend-select", extend_select),
        ignore=(*settings.ignore, *prefixes("--ignore", ignore)),
        per_file_ignores=pairs,
        severity=severity or settings.severity,
        baseline=baseline or settings.baseline,
    )
