"""Where a fix is asked for: a finding, the text that it is about, and what ran there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import libcst as cst

from ..finding import Finding
from ..graph import Operator
from ..pipeline import Analysis, ModelResult
from .edit import Edit
from .fix import Rewriting
from .source.document import Document
from .source.flow import Flow
from .source.term import Term

Pattern = Callable[[Term], Rewriting | None]
_OWN_NAMES = (cst.FunctionDef, cst.ClassDef, cst.Lambda)


@dataclass(frozen=True)
class Place:
    """A finding of one model in a file whose text is `document`."""

    document: Document
    finding: Finding
    analysis: Analysis
    result: ModelResult

    def rewriting(self, pattern: Pattern) -> Rewriting | None:
        """What `pattern` makes of the expressions at the finding's line, else of those at the lines of the code that it calls."""
        for lines in ({self.finding.line}, self._called):
            found = list(self._matches(pattern, lines))
            if found:
                return merged(found)
        return None

    def running(self, lines: Iterable[int], *kinds: str) -> list[Operator]:
        """The operators of these kinds, or of any, that the lines ran themselves or by what they call."""
        chosen = set(lines)
        return [o for o in self.result.graph.operators if (not kinds or o.kind in kinds) and chosen & self._lines(o)]

    def written_later(self, operator: Operator) -> bool:
        """Whether another operator writes into what this one made."""
        graph = self.result.graph
        storages = {graph.tensors[tensor].storage for tensor in operator.outputs}
        writers = (o for o in graph.operators if not o.view and o.id != operator.id)
        return any(graph.tensors[tensor].storage in storages for o in writers for tensor in o.outputs)

    @cached_property
    def _called(self) -> set[int]:
        """The lines of the file that ran for the finding's line: called by it, or of the modules that it constructed."""
        line, graph = self.finding.line, self.result.graph
        made = {
            m.path
            for m in graph.modules
            if any(p.line == line and self._is_own(p.file) for p in m.constructed) and m.path
        }
        found: set[int] = set()
        for operator in graph.operators:
            lines = self._lines(operator)
            if line in lines or any(f"{operator.module}.".startswith(f"{path}.") for path in made):
                found |= lines
        return found

    def _lines(self, operator: Operator) -> set[int]:
        return {place.line for place in operator.source if self._is_own(place.file)}

    def _is_own(self, file: str) -> bool:
        return Path(file).resolve() == self.file

    @cached_property
    def file(self) -> Path:
        """The analysed file."""
        return Path(self.result.target.partition("::")[0]).resolve()

    def _matches(self, pattern: Pattern, lines: set[int]) -> Iterator[Rewriting]:
        for function in self.document.every(cst.FunctionDef):
            if not lines.isdisjoint(self.document.lines(function)):
                found = list(_outermost(function.body, Flow(self.document, function), pattern))
                yield from (match for match in _apart(found) if not lines.isdisjoint(_touched(match)))


def _outermost(node: cst.CSTNode, flow: Flow, pattern: Pattern) -> Iterator[Rewriting]:
    """What the pattern makes of expressions of a function that lie in no other that it makes something of."""
    found = pattern(Term(flow, node)) if isinstance(node, cst.Call | cst.BinaryOperation) else None
    if found is not None:
        yield found
        return
    for child in node.children:
        if not isinstance(child, _OWN_NAMES):
            yield from _outermost(child, flow, pattern)


def _apart(matches: Sequence[Rewriting]) -> Iterator[Rewriting]:
    """Those that do not overlap: of two, the later one, which sees through the statement of the other."""
    taken: list[Edit] = []
    for match in reversed(matches):
        if not any(edit.overlaps(other) for edit in match.edits for other in taken):
            taken += match.edits
            yield match


def _touched(match: Rewriting) -> set[int]:
    """The lines whose text changes: not those that something is put above of."""
    return {line for edit in match.edits for line in range(edit.line, edit.end_line + (edit.end_column > 1))}


def merged(matches: Sequence[Rewriting]) -> Rewriting:
    """One rewriting of several."""
    edits = tuple(dict.fromkeys(edit for match in matches for edit in match.edits))
    return Rewriting(edits, matches[0].title, next((match.caution for match in matches if match.caution), ""))
