"""The tail of an error message about a mistyped name."""

from __future__ import annotations

from collections.abc import Iterable


def matches(word: str, choices: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return the choices *word* may have meant: those that contain it, those spelled alike, of which first those that begin as
    it does, or else those that begin alike."""
    from difflib import get_close_matches

    known = list(choices)
    containing = [choice for choice in known if len(word) > 1 and word in choice]
    alike = sorted(get_close_matches(word, known, n=limit, cutoff=0.5), key=lambda choice: choice[:1] != word[:1])
    if containing or alike:
        return tuple(dict.fromkeys([*containing, *alike]))[:limit]
    beginnings = get_close_matches(word, {choice[: len(word)] for choice in known}, n=limit, cutoff=0.7)
    return tuple(choice for beginning in beginnings for choice in known if choice.startswith(beginning))[:limit]


def did_you_mean(word: str, choices: Iterable[str], limit: int = 3) -> str:
    """Return ``"; did you mean a or b?"``, or nothing when no choice comes near."""
    found = matches(word, choices, limit)
    return f"; did you mean {' or '.join(found)}?" if found else ""
