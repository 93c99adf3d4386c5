"""What rules about the graph have in common: the same change at all operators of a line is one finding, with its gain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..finding import Gain, Related
from ..graph import Graph, Operator, SourceLine
from .subject import Subject


class Match(Protocol):
    """Operators that a rule would change: the one to point at, and all that it touches."""

    @property
    def at(self) -> Operator:
        """The operator whose line the finding stands at."""
        ...

    @property
    def touched(self) -> tuple[int, ...]:
        """Ids of the operators that change."""
        ...


Found = TypeVar("Found", bound=Match)


@dataclass(frozen=True, slots=True)
class Change(Generic[Found]):
    """What is changed at a line: `seconds` is what the kernels that it touches take now; `written`: where the code of the first
    is, if in another file."""

    place: SourceLine
    matches: tuple[Found, ...]
    gain: Gain
    seconds: float
    written: tuple[Related, ...] = ()

    @property
    def first(self) -> Operator:
        """The first operator to point at."""
        return self.matches[0].at


def changes(
    subject: Subject, matches: Iterable[Found], rewritten: Callable[[Sequence[Found]], Graph]
) -> Iterator[Change[Found]]:
    """The worthwhile changes, a line each, the best first. `rewritten`: the graph with some matches changed."""
    held: dict[tuple[str, int], list[Found]] = {}
    for match in matches:
        place = subject.place(match.at)
        held.setdefault((place.file, place.line), []).append(match)
    found: list[Change[Found]] = []
    for together in held.values():
        touched = {o for match in together for o in match.touched}
        if not subject.may_pay(touched):
            continue
        gain = subject.gain(graph=rewritten(together))
        seconds = subject.seconds_of(touched)
        if subject.worthwhile(gain, seconds):
            first = together[0].at
            found.append(Change(subject.place(first), tuple(together), gain, seconds, tuple(subject.written(first))))
    yield from sorted(found, key=lambda change: -change.gain.edp)[: subject.limits.most]
