"""Results by source line: which operators a line constructs or runs, how often, and their sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..discovery import ModelClass
from ..estimate import Evaluation
from ..estimate.latency import Bottleneck
from ..graph import Graph, Module, SourceLine

LineKind = Literal["construct", "forward"]


@dataclass(frozen=True, slots=True)
class LineSummary:
    """What one line costs on one device. `count`: modules it constructs, or times it runs. Seconds, joules, share of EDP."""

    line: int
    kind: LineKind
    count: int
    operators: tuple[int, ...]
    modules: tuple[str, ...]
    output_shape: tuple[int, ...]
    latency_s: float
    energy_j: float
    edp_share: float
    bottleneck: Bottleneck | None


def line_summaries(evaluation: Evaluation, file: str, classes: Sequence[ModelClass]) -> tuple[LineSummary, ...]:
    """Every line inside a model class of `file` that constructs modules or runs operators, in order."""
    inside = _Inside(file, classes)
    constructed = _constructed(evaluation.graph, inside)
    executed = _executed(evaluation.graph, inside)
    summaries = [_summary(evaluation, line, "construct", *parts) for line, parts in constructed.items()]
    summaries += [
        _summary(evaluation, line, "forward", count, operators, ())
        for line, (count, operators) in executed.items()
        if line not in constructed
    ]
    return tuple(sorted(summaries, key=lambda summary: summary.line))


class _Inside:
    """Whether a source line lies in a model class of the file."""

    def __init__(self, file: str, classes: Sequence[ModelClass]) -> None:
        self._file = str(Path(file).resolve())
        self._known: dict[str, bool] = {}
        spans = [span for model in classes for span in (model.span_at(model.line), *model.earlier)]
        self._spans = [(span.line, span.end_line) for span in spans]

    def __call__(self, place: SourceLine) -> bool:
        known = self._known.get(place.file)
        if known is None:
            known = self._known[place.file] = str(Path(place.file).resolve()) == self._file
        return known and any(first <= place.line <= last for first, last in self._spans)


def _constructed(graph: Graph, inside: _Inside) -> dict[int, tuple[int, list[int], tuple[str, ...]]]:
    """Line → (modules, operators, paths) of the topmost modules that the line constructs."""
    lines_of: dict[str, set[int]] = {}
    tops: dict[int, list[Module]] = {}
    for module in graph.modules:
        lines = {place.line for place in module.constructed if inside(place)}
        lines_of[module.path] = lines
        parent = module.path.rpartition(".")[0]
        above = lines_of.get(parent, set[int]()) if module.path else set[int]()
        for line in lines - above:
            tops.setdefault(line, []).append(module)
    by_module = _operators_by_module(graph)
    found: dict[int, tuple[int, list[int], tuple[str, ...]]] = {}
    for line, modules in tops.items():
        operators = sorted({o for module in modules for o in by_module.get(module.path, ())})
        if operators:
            found[line] = (len(modules), operators, tuple(module.path for module in modules))
    return found


def _operators_by_module(graph: Graph) -> Mapping[str, list[int]]:
    """Module path → operators that ran in it or below it."""
    found: dict[str, list[int]] = {}
    for operator in graph.operators:
        path = operator.module
        while True:
            found.setdefault(path, []).append(operator.id)
            if not path:
                break
            path = path.rpartition(".")[0]
    return found


def _executed(graph: Graph, inside: _Inside) -> dict[int, tuple[int, list[int]]]:
    """Line → (times it ran, operators it led to)."""
    operators: dict[int, list[int]] = {}
    calls: dict[tuple[int, int], int] = {}
    direct: dict[tuple[int, int], dict[str, int]] = {}
    for operator in graph.operators:
        for place in _once(place for place in operator.source if inside(place)):
            operators.setdefault(place.line, []).append(operator.id)
            here = (place.line, place.frame)
            if place.direct:
                kinds = direct.setdefault(here, {})
                kinds[operator.kind] = max(kinds.get(operator.kind, 0), place.run + 1)
            else:
                calls[here] = max(calls.get(here, 0), place.run + 1)
    return {line: (_times(line, calls, direct), found) for line, found in operators.items()}


def _times(line: int, calls: Mapping[tuple[int, int], int], direct: Mapping[tuple[int, int], Mapping[str, int]]) -> int:
    """Executions of a line, over all executions of its function: what it calls most often, or, where it calls PyTorch
    directly, the least frequent kind of operator (one call may run another kind several times)."""
    frames = {here[1] for here in (*calls, *direct) if here[0] == line}
    return sum(max(calls.get((line, f), 0), min(direct.get((line, f), {"": 0}).values())) for f in frames)


def _once(places: Iterable[SourceLine]) -> Iterable[SourceLine]:
    """A recursive function appears once a line: its innermost execution."""
    return {place.line: place for place in reversed(list(places))}.values()


def _summary(
    evaluation: Evaluation, line: int, kind: LineKind, count: int, operators: Sequence[int], modules: tuple[str, ...]
) -> LineSummary:
    graph = evaluation.graph
    return LineSummary(
        line=line,
        kind=kind,
        count=count,
        operators=tuple(operators),
        modules=modules,
        output_shape=_last_shape(graph, operators),
        latency_s=sum(evaluation.operator_seconds[o] for o in operators),
        energy_j=sum(evaluation.operator_joules[o] for o in operators),
        edp_share=sum(evaluation.operator_shares[o] for o in operators),
        bottleneck=_bottleneck(evaluation, operators),
    )


def _last_shape(graph: Graph, operators: Sequence[int]) -> tuple[int, ...]:
    """Shape of what the last of the operators returns; views count, since they shape it."""
    for operator in reversed(operators):
        outputs = graph.operators[operator].outputs
        if outputs:
            return graph.tensors[outputs[0]].shape
    return ()


def _bottleneck(evaluation: Evaluation, operators: Sequence[int]) -> Bottleneck | None:
    """The bottleneck that holds most of the operators' time."""
    seconds: dict[Bottleneck, float] = {}
    for operator in operators:
        kind = evaluation.subgraphs[evaluation.home[operator]].bottleneck
        seconds[kind] = seconds.get(kind, 0.0) + evaluation.operator_seconds[operator]
    return max(seconds, key=lambda kind: seconds[kind]) if any(seconds.values()) else None
