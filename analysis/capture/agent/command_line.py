"""Arguments of the command line that a file parses where it is imported: what must be given is None instead."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable
from typing import Any

from . import without


def install() -> None:
    """Only for a process that ends after the capture."""
    argparse.ArgumentParser.parse_known_args = _optional(argparse.ArgumentParser.parse_known_args)  # type: ignore[method-assign,assignment]


def _optional(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def parse(parser: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> Any:
        asked = [action for action in parser._actions if action.required and action.dest != argparse.SUPPRESS]
        for action in asked:
            action.required = False
        parsed = original(parser, *args, **kwargs)
        for action in asked:
            if getattr(parsed[0], action.dest, "") is None:
                without.assume(f"the argument {action.dest} of the command line is not given: it is None")
        return parsed

    return parse
