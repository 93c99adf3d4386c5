"""Syntax trees, one at a time: Python 3.11 mixes up the trees that two threads make (SystemError, python/cpython#106905)."""

from __future__ import annotations

import ast
import threading

_one = threading.Lock()


def parse(text: str) -> ast.Module:
    """The statements of a text. Raises as `ast.parse` does."""
    with _one:
        return ast.parse(text)


def parse_expression(text: str) -> ast.Expression:
    """One expression. Raises as `ast.parse` does."""
    with _one:
        return ast.parse(text, mode="eval")
