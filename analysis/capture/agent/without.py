"""What the user's code asks for and a capture does without: each is said once at its line, and once in words for the report."""

from __future__ import annotations

import sys

from .sources import SourceLocator

_locator: SourceLocator | None = None
_done: dict[tuple[str, str, int], None] = {}
_words: dict[str, None] = {}


def install(locator: SourceLocator) -> None:
    """Finds the user's lines with `locator` from now on."""
    global _locator
    _locator = locator


def note(message: str, words: str) -> None:
    """`message` stands at the user's innermost line that runs, `words` among the assumptions."""
    _words[words] = None
    place = next(iter(_locator.lines(sys._getframe(1))), None) if _locator is not None else None
    if place is not None:
        _done[message, place[0], place[1]] = None


def assume(words: str) -> None:
    """Puts words among the assumptions, for what has no line."""
    _words[words] = None


def in_words() -> list[str]:
    """The assumptions."""
    return list(_words)


def at_lines() -> list[tuple[str, str, int]]:
    """Message, file and line of each."""
    return list(_done)
