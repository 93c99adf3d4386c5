"""One open document: the latest text, the last good views of it, and where their lines are in the text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..analysis.discovery.classes import split_lines
from ..analysis.estimate import Evaluation
from ..analysis.report.lines import LineSummary
from .line_map import LineMap
from .views import Mark, ModelView, Views, merged


class Session:
    """One document. `generation` grows whenever the text or the views change."""

    def __init__(self, uri: str, path: Path, text: str, version: int | None) -> None:
        self.uri, self.path, self.version = uri, path, version
        self.generation = 0
        self.views = Views()
        self._saved: Views | None = None
        self.text: str = text
        self.lines: list[str] = split_lines(text)
        self._maps: dict[str, LineMap] = {}

    @property
    def end_of_lines(self) -> str:
        """What ends the text's lines."""
        return next((end for end in ("\r\n", "\n", "\r") if end in self.text), "\n")

    def edit(self, text: str, version: int | None) -> None:
        """A newer text; what was known moves with its lines."""
        self.version = version
        if text != self.text:
            self.text, self.lines = text, split_lines(text)
            self._maps.clear()
            self.generation += 1

    def save(self) -> None:
        """The text was saved: changes are from now on those against what is known now."""
        self._saved = self.views

    def renew(self, fresh: Views) -> None:
        """Fresh views of this text or of an earlier one."""
        self.views = merged(self.views, fresh)
        asked = {view.name: view.result.options for view in self._saved.models} if self._saved is not None else {}
        if all(asked.get(view.name) != view.result.options for view in self.views.models):
            self._saved = self.views
        self._maps.clear()
        self.generation += 1

    def _map(self, text: str) -> LineMap:
        if text not in self._maps:
            self._maps[text] = LineMap(split_lines(text), self.lines)
        return self._maps[text]

    def before(self, view: ModelView) -> Evaluation | None:
        """What a model was on the first device when the text was saved or opened, if the same question was asked then."""
        for old in self._saved.models if self._saved is not None else ():
            if old.name == view.name and old is not view and old.result.options == view.result.options:
                return old.first
        return None

    def hints(self) -> Iterator[tuple[int, str]]:
        """`(line, text)` in the current text; where models share a line, the first one's."""
        seen: set[int] = set()
        for view in self.views.models:
            lines = self._map(view.text)
            for old, text in view.hints.items():
                line = lines.new(old)
                if line is not None and line not in seen:
                    seen.add(line)
                    yield line, text

    def summaries(self) -> Iterator[tuple[int, ModelView, LineSummary]]:
        """Each summary with its line in the current text; where models share a line, the first one's."""
        seen: set[int] = set()
        for view in self.views.models:
            lines = self._map(view.text)
            for old, summary in view.summaries.items():
                line = lines.new(old)
                if line is not None and line not in seen:
                    seen.add(line)
                    yield line, view, summary

    def line_now(self, view: ModelView, line: int | None) -> int | None:
        """The line in the current text of a line of the text that gave a view."""
        return self._map(view.text).new(line) if line is not None else None

    def summary_at(self, line: int) -> tuple[ModelView, LineSummary] | None:
        """The first model's summary of a line of the current text."""
        for view in self.views.models:
            old = self._map(view.text).old(line)
            if old is not None and old in view.summaries:
                return view, view.summaries[old]
        return None

    def model_at(self, line: int) -> ModelView | None:
        """The model whose class or `forward` begins at a line of the current text."""
        for view in self.views.models:
            old = self._map(view.text).old(line)
            if old is not None and old in (view.class_line, view.forward_line):
                return view
        return None

    def models(self) -> Iterator[tuple[int, ModelView]]:
        """Each model with the line of its class in the current text."""
        for view in self.views.models:
            line = self._map(view.text).new(view.class_line)
            if line is not None:
                yield line, view

    def marks(self) -> Iterator[tuple[int, Mark]]:
        """Each finding with its line in the current text. Syntax errors only where models are to be expected."""
        if self.views.readable or self.views.models or "torch" in self.views.text:
            for mark in self.views.problems:
                line = self._map(self.views.text).new(mark.line)
                if line is not None:
                    yield line, mark
        for view in self.views.models:
            for mark in view.marks:
                line = self._map(view.text).new(mark.line)
                if line is not None:
                    yield line, mark
