"""The fixes for the findings of an analysed text, as far as they are worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

from ..analysis.discovery.classes import split_lines
from ..analysis.finding import Finding
from ..analysis.fixes import FIXABLE, Edit, Offer

# So many fixes of a file are worked out without being asked for, and none of a longer file: libcst parses it in one piece, for
# more than the 20 ms that an answer may take, and nothing is answered meanwhile.
MOST = 8
MOST_LINES = 250
# Rules whose fix is an action of its own.
_OWN_ACTION = frozenset({"GP903"})

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class QuickFix:
    """A fix that is predicted to pay: its title says how much, its edits are of the analysed text."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


def quick_fix(offer: Offer) -> QuickFix:
    """What is kept of an offer: neither its text nor its analysis."""
    title = f"{offer.title[:1].upper()}{offer.title[1:]}"
    return QuickFix(title if offer.safe else f"{title} (unsafe: {offer.caution})", offer.edits, offer.safe)


@cache
def can_fix() -> bool:
    """Whether what fixes need is installed."""
    return find_spec("libcst") is not None


class Fixes:
    """The fixes of one analysed text by the code and the line of their findings."""

    def __init__(self, findings: Sequence[Finding] = (), text: str = "") -> None:
        self._unasked = MOST if text.count("\n") < MOST_LINES else 0
        fixable = [f for f in findings if f.code in FIXABLE and f.code not in _OWN_ACTION and can_fix()]
        self._findings: Mapping[Place, Finding] = {(f.code, f.line): f for f in reversed(fixable)}
        self._known: dict[Place, QuickFix | None] = {}

    def finding(self, place: Place) -> Finding | None:
        """What there may be a fix for."""
        return self._findings.get(place)

    def is_open(self, place: Place) -> bool:
        """Whether there may be a fix that is not worked out."""
        return place in self._findings and place not in self._known

    def get(self, place: Place) -> QuickFix | None:
        """The fix, if it is worked out and pays."""
        return self._known.get(place)

    def put(self, place: Place, fix: QuickFix | None) -> None:
        """What was worked out; None where nothing pays."""
        self._known[place] = fix

    @property
    def promising(self) -> bool:
        """Whether there is something that pays, or may."""
        return any(self._known.get(place, place) is not None for place in self._findings)

    def next(self) -> Place | None:
        """The most valuable one that is to be worked out without being asked for."""
        waiting = [place for place in self._findings if self.is_open(place)] if len(self._known) < self._unasked else []
        return max(waiting, key=lambda place: _value(self._findings[place]), default=None)


def _value(finding: Finding) -> float:
    """The share of the EDP that it saves, or is about."""
    return finding.gain.edp if finding.gain is not None else finding.share


def only_moved(old: str, new: str) -> bool:
    """Whether two texts differ in empty lines and lines of comments at most: fixes of one are fixes of the other."""
    return old == new or _statements(old) == _statements(new)


def _statements(text: str) -> list[str]:
    return [line for line in split_lines(text) if line.strip() and not line.lstrip().startswith("#")]
