"""Loops of Python as a graph shows them: lines of one execution of a function that ran many times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..graph import Graph, Operator, SourceLine

_LEAST_RUNS = 8
_Place = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class Loop:
    """`runs` are the working operators of each repetition, at the lines from `place` on. `alike`: every repetition runs the
    same operators on the same shapes and weights; `independent`: none reads what another made."""

    place: SourceLine
    runs: tuple[tuple[int, ...], ...]
    alike: bool
    independent: bool

    @property
    def operators(self) -> tuple[int, ...]:
        """All of them."""
        return tuple(operator for run in self.runs for operator in run)


def loops(graph: Graph) -> list[Loop]:
    """The innermost loops of at least eight runs over the same modules and weights. A loop over layers is how models
    are built."""
    places: dict[_Place, list[tuple[int, Operator]]] = {}
    lasts = _last_runs(graph)
    for operator in graph.operators:
        looped = (p for p in operator.source if lasts[_key(p)] >= _LEAST_RUNS - 1)
        place = None if operator.view else next(looped, None)
        if place is not None:
            places.setdefault(_key(place), []).append((place.run, operator))
    return [loop for key, body in _bodies(places) if (loop := _loop(graph, key, body)) is not None]


def _key(place: SourceLine) -> _Place:
    return place.file, place.function, place.frame, place.line


def _last_runs(graph: Graph) -> dict[_Place, int]:
    found: dict[_Place, int] = {}
    for operator in graph.operators:
        for place in operator.source:
            found[_key(place)] = max(found.get(_key(place), 0), place.run)
    return found


def _bodies(places: dict[_Place, list[tuple[int, Operator]]]) -> Iterator[tuple[_Place, list[tuple[int, Operator]]]]:
    """Lines of one execution that took turns are one loop: its first line, and the operators of all with their runs."""
    first: _Place | None = None
    body: list[tuple[int, Operator]] = []
    for key, ran in sorted(places.items(), key=lambda item: item[1][0][1].id):
        if first is not None and key[:3] == first[:3] and ran[0][1].id < max(o.id for _, o in body):
            body += ran
            continue
        if first is not None:
            yield first, body
        first, body = key, list(ran)
    if first is not None:
        yield first, body


def _loop(graph: Graph, key: _Place, body: Sequence[tuple[int, Operator]]) -> Loop | None:
    numbered: dict[int, list[Operator]] = {}
    for run, operator in sorted(body, key=lambda pair: pair[1].id):
        numbered.setdefault(run, []).append(operator)
    runs = [numbered[run] for run in sorted(numbered)]
    if len(runs) < _LEAST_RUNS or any(_layers(graph, run) != _layers(graph, runs[0]) for run in runs):
        return None
    file, function, _, line = key
    ids = tuple(tuple(operator.id for operator in run) for run in runs)
    alike = len({_form(graph, run) for run in runs}) == 1
    return Loop(SourceLine(file, line, function), ids, alike, _independent(graph, ids))


def _layers(graph: Graph, run: Sequence[Operator]) -> object:
    """The modules of a repetition and the weights that it reads: methods of modules run in no module of their own."""
    read = {graph.tensors[t].storage for o in run for t in o.inputs if graph.tensors[t].is_weight}
    return {o.module for o in run}, read


def _form(graph: Graph, run: Sequence[Operator]) -> object:
    """What two repetitions share where one could do the work of both: operators, shapes, weights."""
    return tuple(
        (o.kind, tuple((t.storage if (t := graph.tensors[i]).is_weight else -1, t.shape, t.dtype) for i in o.inputs))
        for o in run
    )


def _independent(graph: Graph, runs: Sequence[Sequence[int]]) -> bool:
    """Whether no repetition reads, by any way, what another has made. Sets of repetitions are bits of a number."""
    own = {operator: 1 << number for number, run in enumerate(runs) for operator in run}
    reached = [0] * len(graph.operators)
    for operator, before in enumerate(graph.predecessors):
        for earlier in before:
            reached[operator] |= reached[earlier]
        reached[operator] |= own.get(operator, 0)
    return all(reached[operator] == bit for operator, bit in own.items())
