"""A notebook: its Python cells are analysed as one text, and each shows what is known of its own lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..analysis.discovery.classes import split_lines
from .line_map import Section
from .session import Session
from .shown import Shown

# `%matplotlib inline`, `!pip install`; not a line that goes on with a modulus: `% (a, b)`.
_COMMAND = re.compile(r"(\s*)(?:%\w+(?:\s|$)|!)")
# Where texts name a line of what was analysed.
_LINE = re.compile(r"(^|\b(?:at|on) )line (\d+)\b")
_OTHER_LANGUAGE = re.compile(r"\s*%%(?!time(?:it)?\b|capture\b)\w+")


@dataclass(frozen=True, slots=True)
class CellText:
    """A Python cell as the client has it."""

    uri: str
    text: str
    version: int | None


class Cell(Shown):
    """One cell, from line `first` of the notebook's text on."""

    def __init__(self, notebook: Notebook, cell: CellText, first: int) -> None:
        self.uri, self.path, self.text, self.version = cell.uri, notebook.path, cell.text, cell.version
        self.lines = split_lines(cell.text)
        self.generation, self.views, self.earlier = notebook.generation, notebook.views, notebook.earlier
        self.fixes = notebook.fixes
        self._notebook, self._first = notebook, first

    @property
    def whole(self) -> str:
        """The text of all cells."""
        return self._notebook.text

    def map(self, text: str) -> Section:
        """Where the lines of an analysed text are in the cell."""
        return Section(self._notebook.map(text), self._first, len(self.lines))

    def words(self, text: str) -> str:
        """Lines are named as the user counts them: in their cell."""
        return _LINE.sub(lambda found: f"{found[1]}line {self._place(int(found[2]))}", text)

    def _place(self, line: int) -> str:
        """A line of the notebook's text."""
        first = 1
        for cell in self._notebook.cells:
            count = len(split_lines(cell.text))
            if first <= line < first + count:
                where = "" if cell.uri == self.uri else f" of {'an earlier' if first < self._first else 'a later'} cell"
                return f"{line - first + 1}{where}"
            first += count
        return str(line)


class Notebook(Session):
    """A notebook as one document."""

    def __init__(self, uri: str, path: Path, cells: Sequence[CellText], version: int | None) -> None:
        super().__init__(uri, path, python_of(cells), version)
        self.cells = tuple(cells)

    @property
    def parts(self) -> Sequence[Shown]:
        """Its cells."""
        return tuple(self._cells())

    def _cells(self) -> Iterator[Cell]:
        first = 1
        for cell in self.cells:
            yield Cell(self, cell, first)
            first += len(split_lines(cell.text))

    def edit_cells(self, cells: Sequence[CellText], version: int | None) -> None:
        """Newer cells; what was known moves with its lines."""
        self.cells = tuple(cells)
        self.edit(python_of(cells), version)


def python_of(cells: Sequence[CellText]) -> str:
    """The cells as one Python text with as many lines: commands for the notebook do nothing."""
    return "\n".join(line for cell in cells for line in _python_lines(cell.text))


def _python_lines(text: str) -> Iterator[str]:
    lines = split_lines(text)
    if _OTHER_LANGUAGE.match(text):
        yield from ("" for _ in lines)
        return
    for line in lines:
        command = _COMMAND.match(line.replace("%%", "%", 1))
        yield f"{command[1]}pass" if command is not None else line
