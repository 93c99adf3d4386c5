"""Fixes with what they are predicted to change, by an analysis of the edited text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..bounds.measure import figures_of
from ..capture import Capturer
from ..discovery import FileTarget
from ..finding import Finding, Gain
from ..graph import Graph
from ..pipeline import Analysis, ModelResult, analyze
from ..rules import judge
from ..settings import Options
from .edit import Edit, edited
from .fix import Fix, Rewriting
from .registry import fix_for

# The least share of the EDP that is worth a change of code.
_VISIBLE = 0.005
_ROUNDING = 1e-9
_MOST_FIXES = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """A fix for a finding: its edits, the text with them, and what an analysis of that text says.

    `gains`: of the finding's model, by device, in the order of the options. `caution`: what it may change besides the cost;
    empty where it is safe.
    """

    finding: Finding
    title: str
    caution: str
    edits: tuple[Edit, ...]
    text: str
    gains: tuple[tuple[str, Gain], ...]
    analysis: Analysis

    @property
    def safe(self) -> bool:
        """Whether the model keeps its outputs and its `state_dict`."""
        return not self.caution


@dataclass(frozen=True, slots=True)
class Session:
    """How a file is analysed: what the offers for one file have in common."""

    path: Path
    options: Options
    capturer: Capturer
    _tried: dict[str, Analysis] = field(default_factory=dict[str, Analysis])

    def analyze(self, text: str) -> Analysis:
        """The file with another text, once."""
        if text not in self._tried:
            self._tried[text] = analyze(FileTarget(self.path), self.options, self.capturer, text=text)
        return self._tried[text]


def offers(
    analysis: Analysis, findings: Sequence[Finding], text: str, session: Session, *, unsafe: bool = False
) -> Iterator[Offer]:
    """The fixes for findings of an analysis of `text`, one for each text that they lead to; with `unsafe`, also those with a
    caution. Each is worked out when it is asked for."""
    made: set[str] = set()
    for finding in findings:
        fix, result = fix_for(finding.code), _result(analysis, finding)
        if fix is not None and result is not None:
            rewriting = _rewriting(fix, finding, analysis, result, text)
            if rewriting is not None and (unsafe or not (fix.caution or rewriting.caution)):
                offer = _offer(fix, rewriting, finding, analysis, text, session)
                if offer is not None and offer.text not in made:
                    made.add(offer.text)
                    yield offer


def _judged(analysis: Analysis, _text: str) -> Sequence[Finding]:
    return judge(analysis)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A text after all of its fixes, one after another, and its analysis."""

    text: str
    analysis: Analysis
    applied: tuple[Offer, ...]


def fixed(
    text: str, session: Session, *, unsafe: bool = False, judged: Callable[[Analysis, str], Sequence[Finding]] = _judged
) -> Fixed:
    """The text with every fix that pays, each offered for the text as the one before left it. `judged` chooses the findings of
    an analysis of a text."""
    analysis = session.analyze(text)
    applied: list[Offer] = []
    while len(applied) < _MOST_FIXES:
        first = next(offers(analysis, judged(analysis, text), text, session, unsafe=unsafe), None)
        if first is None:
            break
        applied.append(first)
        text, analysis = first.text, first.analysis
    return Fixed(text, analysis, tuple(applied))


def _result(analysis: Analysis, finding: Finding) -> ModelResult | None:
    """The model of a finding that is about the analysed file."""
    own = finding.file == finding.target.partition("::")[0]
    return next((result for result in analysis.results if own and result.target == finding.target), None)


def _rewriting(fix: Fix, finding: Finding, analysis: Analysis, result: ModelResult, text: str) -> Rewriting | None:
    from libcst import ParserSyntaxError

    from .place import Place
    from .source.document import Document

    try:
        return fix.rewrite(Place(Document(text), finding, analysis, result))
    except ParserSyntaxError:
        return None  # newer syntax than libcst knows


def _offer(
    fix: Fix, rewriting: Rewriting, finding: Finding, analysis: Analysis, text: str, session: Session
) -> Offer | None:
    try:
        changed = edited(text, rewriting.edits)
    except ValueError:
        return None
    if changed == text:
        return None
    after = session.analyze(changed)
    gains = _gains(analysis, after, finding.target, pays=fix.pays)
    if gains is None:
        return None
    title = rewriting.title or fix.title
    shown = next((gain for device, gain in gains if device == finding.hardware), gains[0][1])
    caution = rewriting.caution or fix.caution
    named = f"{title}: {shown.text}" if fix.pays or shown.edp >= _VISIBLE else title
    return Offer(finding, named, caution, rewriting.edits, changed, gains, after)


def _gains(before: Analysis, after: Analysis, target: str, *, pays: bool) -> tuple[tuple[str, Gain], ...] | None:
    """What changes for the model of a finding by device; None where a model of the file would fail, become another one or
    cost more, or nothing is gained."""
    if {problem.target for problem in after.problems} - {problem.target for problem in before.problems}:
        return None
    found = {result.target: result for result in after.results}
    gains: dict[str, tuple[tuple[str, Gain], ...]] = {}
    for result in before.results:
        new = found.get(result.target)
        if new is None or not _alike(result.graph, new.graph):
            return None
        pairs = zip(result.evaluations, new.evaluations, strict=True)
        gains[result.target] = tuple(
            (old.question.device.id, Gain(figures_of(old), figures_of(evaluation))) for old, evaluation in pairs
        )
    saved = [gain.edp for pair in gains.values() for _, gain in pair]
    enough = max((gain.edp for _, gain in gains[target]), default=0.0) >= _VISIBLE
    return gains[target] if (enough or not pays) and min(saved) >= -_ROUNDING else None


def _alike(old: Graph, new: Graph) -> bool:
    """Whether two graphs are of one class, with inputs and results of the same shapes and types."""

    def ends(graph: Graph) -> list[tuple[tuple[int, ...], str]]:
        results = [(graph.tensors[tensor].shape, graph.tensors[tensor].dtype) for tensor in graph.output_tensors]
        return [(spec.shape, spec.dtype) for spec in graph.inputs] + results

    return old.model == new.model and ends(old) == ends(new)
