"""What differs between two revisions of a model: its figures, its layers, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...bounds.measure import Measure, measure_of
from ...capture import Capturer
from ...discovery import FileTarget
from ...estimate import Evaluation
from ...finding import Finding
from ...lint.outcome import lines_of
from ...pipeline import Analysis, Progress, analyze
from ...rules import judge
from ...settings import Options
from .revisions import Revision

# Where the work is the same, a smaller change of a layer's time comes from other layers, which the host issues beside it.
_NOTABLE = 0.01


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer in one revision: seconds, joules, multiply-accumulates, bytes moved, and the shape of its last result."""

    seconds: float
    joules: float
    macs: int
    bytes: float
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer of which something differs; None where a revision lacks it."""

    name: str
    before: Layer | None
    after: Layer | None

    @property
    def seconds(self) -> float:
        """By how much its part of the latency grew."""
        return (self.after.seconds if self.after else 0.0) - (self.before.seconds if self.before else 0.0)


@dataclass(frozen=True, slots=True)
class ModelChange:
    """A model on a device in both revisions; None where one lacks it, or could not capture it (`problem` then says why)."""

    name: str
    hardware: str
    before: Measure | None
    after: Measure | None
    layers: tuple[LayerChange, ...] = ()
    problem: str = ""


@dataclass(slots=True)
class Judged:
    """The findings of a revision, with files as the project names them, and the lines of these files."""

    findings: list[Finding] = field(default_factory=list[Finding])
    sources: dict[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])


@dataclass(frozen=True, slots=True)
class Comparison:
    """The models that differ, and what the rules say of both revisions."""

    models: tuple[ModelChange, ...]
    old: Judged
    new: Judged


def models_changed(old: Analysis | None, new: Analysis | None, name: Callable[[str], str]) -> Iterable[ModelChange]:
    """The models of a file in both revisions. `name` gives a target as the project calls it."""
    before, after = _evaluations(old, name), _evaluations(new, name)
    problems = {name(p.target): p.message for a in (old, new) if a is not None for p in a.problems if not p.part}
    for key in dict.fromkeys([*before, *after]):
        was, is_ = before.get(key), after.get(key)
        lacking = problems.get(key[0], "") if was is None or is_ is None else ""
        measured = (_measured(key[0], was), _measured(key[0], is_))
        layers = tuple(_layers_changed(was, is_)) if was is not None and is_ is not None else ()
        yield ModelChange(*key, *measured, layers, lacking)
    known = {key[0] for key in (*before, *after)}
    yield from (ModelChange(n, "", None, None, (), why) for n, why in problems.items() if n not in known)


def _measured(name: str, found: Evaluation | None) -> Measure | None:
    return measure_of(name, found) if found is not None else None


def _evaluations(analysis: Analysis | None, name: Callable[[str], str]) -> dict[tuple[str, str], Evaluation]:
    results = analysis.results if analysis is not None else ()
    return {(name(r.target), found.question.device.id): found for r in results for found in r.evaluations}


def _layers_changed(old: Evaluation, new: Evaluation) -> list[LayerChange]:
    """The layers that differ, those with the largest change of latency first."""
    before, after = _layers(old), _layers(new)
    both = [LayerChange(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]
    return sorted((c for c in both if not _alike(c.before, c.after)), key=lambda change: -abs(change.seconds))


def _alike(before: Layer | None, after: Layer | None) -> bool:
    if before is None or after is None:
        return before is after
    same_work = (before.macs, before.bytes, before.shape) == (after.macs, after.bytes, after.shape)
    pairs = ((before.seconds, after.seconds), (before.joules, after.joules))
    return same_work and all(abs(a - b) <= _NOTABLE * max(abs(a), abs(b)) for a, b in pairs)


def _layers(found: Evaluation) -> dict[str, Layer]:
    """By name; what runs several times under one name is one layer. A kernel's bytes are its leading operator's."""
    layers: dict[str, Layer] = {}
    leading = {found.leading_operator(index).id: index for index in range(len(found.subgraphs))}
    for operator in found.graph.operators:
        cost = found.costs[operator.id]
        if cost.family == "view":
            continue
        name = operator.name.partition("#")[0]
        held = layers.get(name, Layer(0.0, 0.0, 0, 0.0, ()))
        kernel = leading.get(operator.id)
        shape = found.graph.tensors[operator.outputs[0]].shape if operator.outputs else held.shape
        layers[name] = Layer(
            held.seconds + found.operator_seconds[operator.id],
            held.joules + found.operator_joules[operator.id],
            held.macs + cost.macs,
            held.bytes + (found.subgraphs[kernel].subgraph.bytes if kernel is not None else 0.0),
            shape,
        )
    return layers


def compare_revisions(
    old: Revision, new: Revision, files: Sequence[str], options: Options, capturer: Capturer, note: Progress,
    judged: Callable[[Analysis], Sequence[Finding]] = judge,
) -> Comparison:  # fmt: skip
    """Analyses the files of both revisions; `judged` chooses the findings of an analysis. Raises `UsageError`."""
    models: list[ModelChange] = []
    both = (Judged(), Judged())
    for file in files:
        sides: list[Analysis | None] = []
        for side, found in zip((old, new), both, strict=True):
            path = side.folder / file
            analysis = analyze(FileTarget(path), options, capturer, progress=note) if path.is_file() else None
            sides.append(analysis)
            if analysis is not None:
                findings = judged(analysis)
                found.findings += [_renamed(finding, side.folder) for finding in findings]
                places = {str(path), *(finding.file for finding in findings)}
                found.sources.update({_name(place, side.folder): lines_of(place) for place in places})
        models += models_changed(sides[0], sides[1], lambda target: _name(target, old.folder, new.folder))
    return Comparison(tuple(m for m in models if _differs(m)), *both)


def _differs(change: ModelChange) -> bool:
    if change.before is None or change.after is None:
        return True
    return bool(change.layers) or change.before.work != change.after.work


def _name(target: str, *folders: Path) -> str:
    for folder in folders:
        if Path(target.partition("::")[0]).is_relative_to(folder):
            return Path(target).relative_to(folder).as_posix()
    return target


def _renamed(finding: Finding, folder: Path) -> Finding:
    related, calls = (
        tuple(replace(other, file=_name(other.file, folder)) for other in others)
        for others in (finding.related, finding.calls)
    )
    file, target = _name(finding.file, folder), _name(finding.target, folder)
    return replace(finding, file=file, target=target, related=related, calls=calls)
