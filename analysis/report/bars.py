"""Bars in text."""

from __future__ import annotations

_BAR = 12


def bar(share: float) -> str:
    """A bar of `share` of the full width, in eighths of a character."""
    eighths = round(max(0.0, min(1.0, share)) * _BAR * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
