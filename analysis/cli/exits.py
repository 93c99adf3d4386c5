"""How commands end: exit codes, and errors in one line on stderr."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

import click

from ..discovery import UsageError

CLEAN, FINDINGS, USAGE = 0, 1, 2


@contextmanager
def usage_errors() -> Generator[None]:
    """A `UsageError` inside becomes one line on stderr and exit code 2."""
    try:
        yield
    except UsageError as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """Says what is wrong with the request and exits with 2."""
    click.echo(f"error: {message}", err=True)
    raise SystemExit(USAGE)
