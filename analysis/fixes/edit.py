"""Changes to a text, as an editor and SARIF take them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

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


def edits_between(old: str, new: str) -> tuple[Edit, ...]:
    """Whole lines of one text replaced so that it becomes the other."""
    before, after = split_lines(old), split_lines(new)
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple(_block(before, a, a_end, after[b:b_end]) for tag, a, a_end, b, b_end in blocks if tag != "equal")


def _block(before: Sequence[str], start: int, end: int, lines: Sequence[str]) -> Edit:
    """The edit that puts lines in the place of others. The last line of a text has no end."""
    if end < len(before):
        return Edit(start + 1, 1, end + 1, 1, "".join(f"{line}\n" for line in lines))
    last = (end, len(before[-1]) + 1)
    if start == 0:
        return Edit(1, 1, *last, "\n".join(lines))
    return Edit(start, len(before[start - 1]) + 1, *last, "".join(f"\n{line}" for line in lines))


def _line_starts(text: str) -> list[int]:
    """Offsets at which lines begin, and the end of the text for a line after the last."""
    starts, offset = [0], 0
    for line in split_lines(text):
        offset += len(line)
        offset += 2 if text.startswith("\r\n", offset) else 1
        starts.append(min(offset, len(text)))
    return starts
