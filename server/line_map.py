"""Where the lines of an analysed text are in the text that the editor shows now."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

_MOST_WORK = 400_000
_ALIKE = 0.6


class LineMap:
    """Pairs of lines (counted from 1) of an old and a new text. A line that was deleted or rewritten has no partner."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        pairs = list(_pairs(old, new))
        self._new = dict(pairs)
        self._old = {after: before for before, after in pairs}

    def new(self, line: int) -> int | None:
        """The line in the new text."""
        return self._new.get(line)

    def old(self, line: int) -> int | None:
        """The line in the old text."""
        return self._old.get(line)


class Section:
    """The part of a map that leads to `count` lines of the new text from line `first` on, counted from there."""

    def __init__(self, whole: LineMap, first: int, count: int) -> None:
        self._whole, self._first, self._count = whole, first, count

    def new(self, line: int) -> int | None:
        """The line in the section."""
        found = self._whole.new(line)
        return found - self._first + 1 if found is not None and 0 <= found - self._first < self._count else None

    def old(self, line: int) -> int | None:
        """The line in the old text."""
        return self._whole.old(line + self._first - 1) if 1 <= line <= self._count else None


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Most edits touch a few lines: what is equal before and after them is paired without search."""
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    tail = next((i for i in range(shorter - head) if old[-1 - i] != new[-1 - i]), shorter - head)
    yield from ((line, line) for line in range(1, head + 1))
    yield from _middle(old[head : len(old) - tail], new[head : len(new) - tail], head + 1)
    yield from ((len(old) - i, len(new) - i) for i in range(tail))


def _middle(old: Sequence[str], new: Sequence[str], first: int) -> Iterator[tuple[int, int]]:
    if not old or not new or len(old) * len(new) > _MOST_WORK:
        return
    for tag, a, a_end, b, b_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and a_end - a == b_end - b):
            for i in range(a_end - a):
                if tag == "equal" or _alike(old[a + i], new[b + i]):
                    yield first + a + i, first + b + i


def _alike(old: str, new: str) -> bool:
    """Whether a line is the other one being edited, rather than another statement in its place."""
    before, after = old.strip(), new.strip()
    return bool(before and after) and difflib.SequenceMatcher(None, before, after).ratio() >= _ALIKE
