"""Changes to a text, as an editor and SARIF take them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..discovery.classes import split_lines


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """What replaces the text from one position up to, and without, another. Lines and columns count from 1, columns in code
    points."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str

    def overlaps(self, other: Edit) -> bool:
        """Whether both change a part of the text."""
        own_end, other_end = (self.end_line, self.end_column), (other.end_line, other.end_column)
        return (self.line, self.column) < other_end and (other.line, other.column) < own_end


def insertion(line: int, text: str) -> Edit:
    """Whole lines put above a line."""
    return Edit(line, 1, line, 1, text)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits carried out. Raises `ValueError` where they overlap. New lines end as the text's do."""
    starts = _line_starts(text)
    ending = "\r\n" if "\r\n" in text else "\n"
    parts: list[str] = []
    position = 0
    for edit in sorted(set(edits)):
        start, end = starts[edit.line - 1] + edit.column - 1, starts[edit.end_line - 1] + edit.end_column - 1
        if start < position:
            raise ValueError("edits overlap")
        parts += [text[position:start], edit.text.replace("\n", ending)]
        position = end
    return "".join([*parts, text[position:]])


def _line_starts(text: str) -> list[int]:
    """Offsets at which lines begin, and the end of the text for a line after the last."""
    starts, offset = [0], 0
    for line in split_lines(text):
        offset += len(line)
        offset += 2 if text.startswith("\r\n", offset) else 1
        starts.append(min(offset, len(text)))
    return starts
