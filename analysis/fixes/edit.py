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
    before, after = _with_ends(old), _with_ends(new)
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple(_block(before, a, a_end, after[b:b_end]) for tag, a, a_end, b, b_end in blocks if tag != "equal")


def _with_ends(text: str) -> list[str]:
    """The lines of a text with their ends, which the last one may lack."""
    *lines, last = split_lines(text)
    return [*(f"{line}\n" for line in lines), *filter(None, [last])]


def _block(before: Sequence[str], start: int, end: int, lines: Sequence[str]) -> Edit:
    """The edit that puts lines in the place of others."""
    open_end = end > 0 and not before[end - 1].endswith("\n")
    stop = (end, len(before[end - 1]) + 1) if open_end else (end + 1, 1)
    return Edit(start + 1, 1, *stop, "".join(lines))


def _line_starts(text: str) -> list[int]:
    """Offsets at which lines begin, and the end of the text for a line after the last."""
    starts, offset = [0], 0
    for line in split_lines(text):
        offset += len(line)
        offset += 2 if text.startswith("\r\n", offset) else 1
        starts.append(min(offset, len(text)))
    return starts
