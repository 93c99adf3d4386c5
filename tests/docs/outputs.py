"""What a page shows that a command prints, beside what it prints.

Words are equal and figures close. A line `…` stands for any lines, also for none. Bars follow their figures and are not compared.
"""

from __future__ import annotations

import difflib
import re

ELLIPSIS = "…"
TOLERANCE = 0.03
# Figures; digits in a name (h100, conv2d, fp16) are part of the word.
_FIGURE = re.compile(r"(?<![\w.])(?<!\w-)\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)")
_BAR = re.compile("[▏▎▍▌▋▊▉█]+")


def difference(shown: str, printed: str) -> str:
    """What differs, as a diff of the lines; empty where nothing does."""
    if _aligned(shown.splitlines(), printed.splitlines(), TOLERANCE) is not None:
        return ""
    return "\n".join(
        difflib.unified_diff(shown.splitlines(), printed.splitlines(), "shown", "printed", lineterm="", n=1)
    )


def renewed(shown: str, printed: str) -> str:
    """`printed`, with its lines left out where `shown` leaves them out, if the words of the rest are still there."""
    lines = printed.splitlines()
    aligned = _aligned(shown.splitlines(), lines, None) if shown.strip() else None
    if aligned is None:
        return printed.rstrip("\n") + "\n" if printed.strip() else ""
    return "".join(f"{ELLIPSIS if at is None else lines[at]}\n" for at in aligned)


def _aligned(shown: list[str], printed: list[str], tolerance: float | None) -> list[int | None] | None:
    """The printed line of each shown one, None for `…`; None where they do not fit. Empty lines at the end do not count."""
    shown, printed = _without_end(shown), _without_end(printed)
    parts = [[]]
    for line in shown:
        if line.strip() == ELLIPSIS:
            parts.append([])
        else:
            parts[-1].append(line)
    found, at = list[int | None](), 0
    for number, part in enumerate(parts):
        starts = range(at, len(printed) - len(part) + 1)
        if number == 0:
            starts = starts[:1]
        elif number == len(parts) - 1 and part:
            starts = starts[-1:]
        if number == 0 and len(parts) == 1 and len(part) != len(printed):
            return None
        start = next(
            (s for s in starts if all(_alike(*pair, tolerance) for pair in zip(part, printed[s:], strict=False))), None
        )
        if start is None:
            return None
        found += [*([None] if number else []), *range(start, start + len(part))]
        at = start + len(part)
    return found


def _without_end(lines: list[str]) -> list[str]:
    return "\n".join(lines).rstrip().split("\n") if "\n".join(lines).strip() else []


def _alike(shown: str, printed: str, tolerance: float | None) -> bool:
    """Whether two lines have the same words, and figures within the tolerance; None asks for words only."""
    if _words(shown) != _words(printed):
        return False
    figures = zip(_FIGURE.findall(shown), _FIGURE.findall(printed), strict=True)
    return tolerance is None or all(_close(*pair, tolerance) for pair in figures)


def _words(line: str) -> list[str]:
    return _FIGURE.sub(" # ", _BAR.sub(" ", line)).split()


def _close(shown: str, printed: str, tolerance: float) -> bool:
    """Also where both are rounded to neighbouring decimals."""
    one, other = (float(figure.replace(",", "")) for figure in (shown, printed))
    places = min(len(figure.partition(".")[2]) for figure in (shown, printed)) if "e" not in shown + printed else 0
    last = 10.0**-places if places else 0.0
    return abs(one - other) <= max(tolerance * max(one, other), 1.001 * last)
