"""How commands end: exit codes, and errors in one line on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
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
        _end_interrupted()


def _end_interrupted() -> NoReturn:
    """Ends the process at once: CPython ends it by the signal where that came in code given as text (a dataclass being made),
    whatever exit code was asked for."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(_INTERRUPTED)


def fail(message: str) -> NoReturn:
    """Says what is wrong with the request and exits with 2."""
    click.echo(f"error: {message}", err=True)
    raise SystemExit(USAGE)
