"""`graphperf-lint --watch`: once more whenever a file changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

import click

from .exits import CLEAN

_POLL_SECONDS = 0.5


def watched(report: Callable[[], object], files: Callable[[], Iterable[Path]]) -> NoReturn:
    """Reports now and after each change, until it is interrupted."""
    try:
        while True:
            before = _state(files())
            click.clear()
            report()
            click.echo("watching for changes", err=True)
            while _state(files()) == before:
                time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        raise SystemExit(CLEAN) from None


def _state(files: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    found: dict[Path, tuple[int, int]] = {}
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        found[file] = (status.st_mtime_ns, status.st_size)
    return found
