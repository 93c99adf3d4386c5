"""What is shown of an analysis: a view for each model, with everything at the lines of the text that was analysed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..analysis.discovery import Discovery, ModelClass, configured
from ..analysis.discovery.classes import Span, split_lines
from ..analysis.discovery.static_layers import static_parameters
from ..analysis.estimate import Evaluation
from ..analysis.finding import Finding
from ..analysis.lint.settings import LintSettings
from ..analysis.pipeline import Analysis, ModelResult, Problem
from ..analysis.report import units
from ..analysis.report.hints import HintStyle, input_hint, styled_hint
from ..analysis.report.lines import LineSummary, line_summaries
from ..analysis.report.pin import Pin, pin_of
from ..analysis.syntax import parse
from .judgement import Judgement, judged
from .settings import EVERYTHING

_USUAL = HintStyle()
_HINDRANCES = ("interpreter", "untrusted")


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding at a line of the document; `elsewhere` is the file and line that it is really about, if in another file."""

    finding: Finding
    line: int
    elsewhere: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class ModelView:
    """One model: its class line, a hint and a summary for each line of the first device, and the findings.

    `pin` is the directive that would state what was assumed.
    """

    name: str
    result: ModelResult
    text: str
    class_line: int
    forward_line: int | None
    hints: Mapping[int, str]
    summaries: Mapping[int, LineSummary]
    marks: tuple[Mark, ...]
    pin: Pin | None = None

    @property
    def first(self) -> Evaluation:
        """The model on the first device."""
        return self.result.evaluations[0]


@dataclass(frozen=True, slots=True)
class Views:
    """The models that were captured, and the problems of those that were not, in the text that was analysed.

    `hindrance` is what keeps every model from being captured: the interpreter, or trust that is not given. `static` has hints
    of what can be read in the source, where there is one. `analysis` and `judgement` are what fixes are worked out from.
    """

    text: str = ""
    models: tuple[ModelView, ...] = ()
    problems: tuple[Mark, ...] = ()
    failed: frozenset[str] = frozenset()
    readable: bool = True
    hindrance: Problem | None = None
    static: Mapping[int, str] = field(default_factory=dict[int, str])
    analysis: Analysis = field(default_factory=lambda: Analysis((), ()))
    judgement: Judgement = field(default_factory=Judgement)


def views_of(
    analysis: Analysis, path: Path, text: str, style: HintStyle = _USUAL, asked: LintSettings = EVERYTHING
) -> Views:
    """The views of a fresh analysis, with the findings that are *asked* for. What several models fail from is said once."""
    judgement = judged(analysis, path, text, asked)
    findings = judgement.findings
    resolved = path.resolve()
    targets = {result.target for result in analysis.results}
    classes = {model.name: model for model in analysis.discovery.classes}
    line_count = len(split_lines(text))
    models: list[ModelView] = []
    for result in analysis.results:
        name = _class_name(result.target)
        if name in classes and result.evaluations and all(name != view.name for view in models):
            held = tuple(_marks(findings, result.target, resolved))
            model = configured(classes[name], path)
            models.append(_model_view(result, model, analysis.discovery, path, text, style, held))
    others = {_said(finding): finding for finding in reversed(findings) if finding.target not in targets}
    problems = tuple(_problem_mark(f, resolved, classes, line_count) for f in reversed(others.values()))
    failed = frozenset(problem.target for problem in analysis.problems)
    hindrance = next((p for p in analysis.problems if p.stage in _HINDRANCES), None)
    static = _static(text) if hindrance is not None and analysis.discovery.problem is None else {}
    readable = analysis.discovery.problem is None
    return Views(text, tuple(models), problems, failed, readable, hindrance, static, analysis, judgement)


def _said(finding: Finding) -> tuple[str, int]:
    """What is said once: of models the message, of a file the message at its line."""
    return finding.message, 0 if "::" in finding.target else finding.line


def _static(text: str) -> dict[int, str]:
    """What the layers that can be read in the source hold."""
    return {
        line: f"{units.large(count, '').strip()} parameters" for line, count in static_parameters(parse(text)).items()
    }


def merged(old: Views, fresh: Views) -> Views:
    """The fresh views; a model that can no longer be captured keeps its last good one, and so hides its parts."""
    kept = [view for view in old.models if not fresh.readable or view.result.target in fresh.failed]
    if not kept:
        return fresh
    hidden = {name for view in kept for name in (view.name, *view.result.graph.contains)}
    new = [view for view in fresh.models if view.name not in hidden]
    models = tuple(sorted([*kept, *new], key=lambda view: _rank(old, view)))
    return replace(fresh, models=models)


def _rank(old: Views, view: ModelView) -> int:
    names = [known.name for known in old.models]
    return names.index(view.name) if view.name in names else len(names)


def _class_name(target: str) -> str:
    return target.rpartition("::")[2]


def _model_view(
    result: ModelResult,
    model: ModelClass,
    discovery: Discovery,
    path: Path,
    text: str,
    style: HintStyle,
    marks: tuple[Mark, ...],
) -> ModelView:
    first = result.evaluations[0]
    span = _span(result, model, path)
    summaries = {summary.line: summary for summary in line_summaries(first, str(path), discovery.classes)}
    found = (styled_hint(first, summary, style) for summary in summaries.values())
    hints = {hint.line: hint.text for hint in found if hint is not None}
    if span.forward_line is not None and style.shapes:
        inputs = input_hint(result.graph, span.forward_line).text
        both = " | ".join(filter(None, [inputs, hints.get(span.forward_line)]))
        hints[span.forward_line] = style.shortened(both)
    pin = pin_of(result, model, span.line)
    return ModelView(model.name, result, text, span.line, span.forward_line, hints, summaries, marks, pin)


def _span(result: ModelResult, model: ModelClass, path: Path) -> Span:
    """The lines of the class that ran, where several have its name."""
    place = result.graph.defined
    ran = place is not None and result.graph.model == model.name and _is_file(place.file, path.resolve())
    return model.span_at(place.line if place is not None and ran else model.line)


def _marks(findings: Sequence[Finding], target: str, path: Path) -> Iterable[Mark]:
    """A model's findings that are about this document."""
    return (Mark(f, f.line) for f in findings if f.target == target and _is_file(f.file, path))


def _problem_mark(finding: Finding, path: Path, classes: Mapping[str, ModelClass], line_count: int) -> Mark:
    """A problem at its line; one that arose in another file at the class that led there."""
    if _is_file(finding.file, path):
        return Mark(finding, min(max(1, finding.line), line_count))
    model = classes.get(_class_name(finding.target))
    return Mark(finding, model.line if model else 1, (finding.file, finding.line))


def _is_file(file: str, path: Path) -> bool:
    return Path(file).resolve() == path
