"""Finds inputs that `forward` accepts: tries the likeliest guess, learns from the error, and tries again, within bounds."""

from __future__ import annotations

import heapq
import itertools
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from torch import nn

from .absent import AbsentError
from .diagnosis import lacks_threads
from .errors import Diagnosis
from .frames import diagnose
from .guess import Assignment, Guess, signature_of
from .repair import repairs

MOST_TRIES = 52
# After so many tries that errors suggest it is the turn of another guess.
_TURN = 4
_SECONDS = 8.0
# How many changes one error suggests.
_MOST_CHANGES = 12
# What each repair of a chain costs in rank, and what part of its parent's progress counts for it.
_STEP = 1
_KEPT = 0.75
# How many times as many operators as the likeliest guess another one ran whose error says more.
_MUCH_FURTHER = 4

T = TypeVar("T")
# Runs the model; raises what `forward` raises.
Attempt = Callable[[Assignment, Mapping[str, Any]], T]


class Ran(Protocol):
    """What is known of a run that ended with an error: a recorder."""

    @property
    def operators(self) -> Sequence[object]:
        """Those that ran."""
        ...

    def inputs_of(self, tensors: Sequence[torch.Tensor]) -> set[str]:
        """The names of the model's inputs that the tensors were computed from."""
        ...


class RefusedError(Exception):
    """No guess was accepted: the error of one and what it was, and how many operators it ran.

    `furthest` is the error of the one that ran most operators.
    """

    def __init__(self, error: BaseException, assignment: Assignment, progress: int = 0) -> None:
        super().__init__(str(error))
        self.error, self.assignment, self.progress = error, assignment, progress
        self.furthest = error

    def before(self, furthest: RefusedError) -> RefusedError:
        """The error to tell: of this guess, the likeliest, unless another got much further."""
        told = furthest if furthest.progress > _MUCH_FURTHER * self.progress else self
        told.furthest = furthest.error
        return told


class _Way(NamedTuple):
    """How deep in a chain of repairs a try is, and how many operators its ancestors ran."""

    depth: int
    reached: float


_START = _Way(_STEP, 0)


class Search:
    """A best-first search: tries whose ancestors got furthest in `forward` come first.

    A repair may be right and fail earlier, when it takes two; so what an ancestor reached counts, less each time.
    """

    def __init__(self, model: nn.Module, options: Callable[[str], Guess | None], recorder: Ran) -> None:
        self._model, self._options, self._recorder = model, options, recorder
        self._queue: list[tuple[float, int, _Way, Assignment]] = []
        # The best rank that each guess was added with, and those that were tried.
        self._ranks: dict[object, float] = {}
        self._tried: set[object] = set()
        self._order = itertools.count()
        self._others: Iterator[Assignment] = iter(())
        self.tries = 0

    def find(
        self, hints: Sequence[Assignment], choices: Mapping[str, Sequence[Guess]], attempt: Attempt[T]
    ) -> tuple[Assignment, T]:
        """The first accepted assignment and what `attempt` returned for it. Raises `RefusedError`."""
        for hint in hints:
            self._add(hint, -1e12)
        first = {name: guesses[0] for name, guesses in choices.items()}
        self._add(first, -1e11)
        self._others = _alternatives(choices)
        return self._run(attempt)

    def _run(self, attempt: Attempt[T]) -> tuple[Assignment, T]:
        first: RefusedError | None = None
        furthest = RefusedError(Exception(), {}, -1)
        end = time.monotonic() + _SECONDS
        while (
            (self._queue or self._add_other()) and self.tries < MOST_TRIES and (time.monotonic() < end or first is None)
        ):
            _, _, way, assignment = heapq.heappop(self._queue)
            key = signature_of(assignment)
            if key in self._tried:
                continue
            self._tried.add(key)
            built = {name: guess.build() for name, guess in assignment.items()}
            self.tries += 1
            if self.tries % _TURN == 0:
                self._add_other()
            try:
                return assignment, attempt(assignment, built)
            except Exception as error:
                if isinstance(error, AbsentError) or lacks_threads(error):  # no other input brings what is absent
                    raise RefusedError(error, {}) from error
                progress = len(self._recorder.operators)
                refused = RefusedError(error, assignment, progress)
                first = first or refused
                if progress > furthest.progress:
                    furthest = refused
                reached = max(progress, _KEPT * way.reached)
                self._learn(error, assignment, built, _Way(way.depth + _STEP, reached))
            except BaseException as error:  # the user's code ends the program: no other input helps
                raise RefusedError(error, assignment) from error
        assert first is not None
        told = first.before(furthest)
        raise told from told.error

    def _add_other(self) -> bool:
        """Puts the next guess that owes nothing to an error first; whether there was one."""
        before = len(self._queue)
        other = next(self._others, None)
        if other is not None:
            self._add(other, -1e10)
        return len(self._queue) > before or (other is not None and self._add_other())

    def _learn(self, error: BaseException, assignment: Assignment, built: Mapping[str, Any], way: _Way) -> None:
        """Adds what the error suggests: before other guesses, unless a chain of repairs gets no further."""
        found = diagnose(error, self._model)
        labels = self._recorder.inputs_of(found.exact[: found.near])
        found.inputs = {re.split(r"[\[.]", label)[0] for label in labels}
        rank = way.depth - _STEP - way.reached
        for name in _asked_for(found, assignment, self._options):
            guess = self._options(name)
            if guess is not None:
                self._add({**assignment, name: guess}, rank - 1, way)
        changes = _different(repairs(assignment, built, found))
        for index, change in enumerate(itertools.islice(changes, _MOST_CHANGES)):
            self._add(change, rank + index * 0.9, way)

    def _add(self, assignment: Assignment, rank: float, way: _Way = _START) -> None:
        key = signature_of(assignment)
        if key not in self._tried and rank < self._ranks.get(key, float("inf")):
            self._ranks[key] = rank
            heapq.heappush(self._queue, (rank, next(self._order), way, assignment))


def _different(changes: Iterable[Assignment]) -> Iterator[Assignment]:
    """Each once."""
    seen: set[object] = set()
    for change in changes:
        key = signature_of(change)
        if key not in seen:
            seen.add(key)
            yield change


def _alternatives(choices: Mapping[str, Sequence[Guess]]) -> Iterator[Assignment]:
    """Every other guess for one parameter at a time, and the n-th guess for all of them."""
    first = {name: guesses[0] for name, guesses in choices.items()}
    for place in range(1, max((len(guesses) for guesses in choices.values()), default=0)):
        if len(choices) > 1:
            yield {name: guesses[min(place, len(guesses) - 1)] for name, guesses in choices.items()}
        for name, guesses in choices.items():
            if place < len(guesses):
                yield {**first, name: guesses[place]}


def _asked_for(found: Diagnosis, assignment: Assignment, options: Callable[[str], Guess | None]) -> Iterator[str]:
    """Parameters of `forward` that were left out and that the error, or the line where None is no use, names."""
    lacking = "None" in (found.message or found.line)  # an `assert` may say nothing
    texts = (found.message, found.line, found.outer) if lacking else (found.message,)
    for text in texts:
        names = [n for n in dict.fromkeys(re.findall(r"\w+", text)) if n not in assignment and options(n) is not None]
        yield from names
        if names and text is not found.message:
            return
