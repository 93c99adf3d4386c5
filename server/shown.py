"""What is known of a text that the client shows, at its present lines: a document, or a cell of a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from ..analysis.estimate import Evaluation
from ..analysis.report.lines import LineSummary
from .fixes import Fixes
from .line_map import LineMap, Section
from .views import Mark, ModelView, Views


class Shown(ABC):
    """One text, under its own name. Lines count from 1. `generation` grows whenever the text or the views change.

    `earlier`: what was known before the latest edits, while their change is shown. `fixes` are those of the views' text.
    """

    uri: str
    path: Path
    version: int | None
    text: str
    lines: list[str]
    generation: int
    views: Views
    earlier: Views | None
    fixes: Fixes

    @property
    def whole(self) -> str:
        """The text that is analysed."""
        return self.text

    @abstractmethod
    def map(self, text: str) -> LineMap | Section:
        """Where the lines of an analysed text are now."""

    def words(self, text: str) -> str:
        """A text about the lines of what was analysed, as it is to be shown here."""
        return text

    @property
    def end_of_lines(self) -> str:
        """What ends the text's lines."""
        return next((end for end in ("\r\n", "\n", "\r") if end in self.text), "\n")

    def before(self, view: ModelView) -> Evaluation | None:
        """What a model was on the first device before the latest edits, if the same question was asked then."""
        for old in self.earlier.models if self.earlier is not None else ():
            if old.name == view.name and old is not view and old.result.options == view.result.options:
                return old.first
        return None

    def is_kept(self, view: ModelView) -> bool:
        """Whether a model is known from an earlier text only: the one that was analysed last does not run."""
        return view.text != self.views.text

    def hints(self) -> Iterator[tuple[int, str]]:
        """`(line, text)` in the current text; where models share a line, the first one's, and last what can be read there."""
        seen: set[int] = set()
        known = [*((view.text, view.hints) for view in self.views.models), (self.views.text, self.views.static)]
        for analysed, hints in known:
            lines = self.map(analysed)
            for old, text in hints.items():
                line = lines.new(old)
                if line is not None and line not in seen:
                    seen.add(line)
                    yield line, self.words(text)

    def summaries(self) -> Iterator[tuple[int, ModelView, LineSummary]]:
        """Each summary with its line in the current text; where models share a line, the first one's."""
        seen: set[int] = set()
        for view in self.views.models:
            lines = self.map(view.text)
            for old, summary in view.summaries.items():
                line = lines.new(old)
                if line is not None and line not in seen:
                    seen.add(line)
                    yield line, view, summary

    def line_now(self, view: ModelView, line: int | None) -> int | None:
        """The line in the current text of a line of the text that gave a view."""
        return self.map(view.text).new(line) if line is not None else None

    def summary_at(self, line: int) -> tuple[ModelView, LineSummary] | None:
        """The first model's summary of a line of the current text."""
        for view in self.views.models:
            old = self.map(view.text).old(line)
            if old is not None and old in view.summaries:
                return view, view.summaries[old]
        return None

    def model_at(self, line: int) -> ModelView | None:
        """The model whose class or `forward` begins at a line of the current text."""
        for view in self.views.models:
            old = self.map(view.text).old(line)
            if old is not None and old in (view.class_line, view.forward_line):
                return view
        return None

    def models(self) -> Iterator[tuple[int, ModelView]]:
        """Each model with the line of its class in the current text."""
        for view in self.views.models:
            line = self.map(view.text).new(view.class_line)
            if line is not None:
                yield line, view

    def marks(self) -> Iterator[tuple[int, Mark]]:
        """Each finding with its line in the current text. Syntax errors only where models are to be expected."""
        if self.views.readable or self.views.models or "torch" in self.views.text:
            for mark in self.views.problems:
                line = self.map(self.views.text).new(mark.line)
                if line is not None:
                    yield line, mark
        for view in self.views.models:
            for mark in view.marks:
                line = self.map(view.text).new(mark.line)
                if line is not None:
                    yield line, mark
