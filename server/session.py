"""One open document: the latest text and the last good views of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..analysis.discovery.classes import split_lines
from .fixes import Fixes
from .line_map import LineMap
from .shown import Shown
from .views import Views, merged


class Session(Shown):
    """One document that is analysed."""

    def __init__(self, uri: str, path: Path, text: str, version: int | None) -> None:
        self.uri, self.path, self.version = uri, path, version
        self.generation = 0
        self.views = Views()
        self.earlier, self.fixes = None, Fixes()
        self.text = text
        self.lines = split_lines(text)
        self._maps: dict[str, LineMap] = {}

    @property
    def parts(self) -> Sequence[Shown]:
        """What the client shows of it: itself."""
        return (self,)

    def edit(self, text: str, version: int | None) -> None:
        """A newer text; what was known moves with its lines."""
        self.version = version
        if text != self.text:
            self.text, self.lines = text, split_lines(text)
            self._maps.clear()
            self.generation += 1

    def renew(self, fresh: Views) -> None:
        """Fresh views of this text or of an earlier one. Until `rest`, changes are those against what was known before; where
        another question was asked then, there is nothing to compare with. What is found as before is fixed as before."""
        before = self.earlier or self.views
        found = fresh.judgement.findings
        if (fresh.text, found) != (self.views.text, self.views.judgement.findings):
            self.fixes = Fixes(found, fresh.text)
        self.views = merged(self.views, fresh)
        asked = {view.name: view.result.options for view in before.models}
        same = any(asked.get(view.name) == view.result.options for view in self.views.models)
        self.earlier = before if same else self.views
        self._maps.clear()
        self.generation += 1

    def rest(self) -> bool:
        """The user has not edited for a while: there is no change to be shown any more. Whether there was one."""
        changed = any(self.before(view) is not None for view in self.views.models)
        self.earlier = None
        return changed

    def map(self, text: str) -> LineMap:
        """Where the lines of an analysed text are now."""
        if text not in self._maps:
            self._maps[text] = LineMap(split_lines(text), self.lines)
        return self._maps[text]
