"""How commands end: exit codes, and errors in one line on stderr."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

import click

from ..discovery import UsageError

CLEAN, FINDINGS, USAGE = 0, 1, 2
_INTERRUPTED = 130  # as a shell has it of a command that SIGINT ended: no findings


@contextmanager
def usage_errors() -> Generator[None]:
    """A `UsageError` inside becomes one line on stderr and exit code 2, an interruption exit code 130."""
    try:
        yield
    except UsageError as error:
        fail(str(error))
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        raise SystemExit(_INTERRUPTED) from None


def fail(message: str) -> NoReturn:
    """Says what is wrong with the request and exits with 2."""
    click.echo(f"error: {message}", err=True)
    raise SystemExit(USAGE)
