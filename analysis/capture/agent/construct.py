"""Constructs a model: from expressions that the file shows, else with guessed arguments, corrected after each error."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import nn

from . import assumed
from .absent import AbsentError
from .call_sites import arguments_at_calls
from .changes import Changes
from .choices import Arguments, Choices
from .config_files import arguments_beside
from .corrections import missing
from .feedback import Feedback, changed
from .file_classes import BORROWED
from .outcome import NoArgumentsError, refuses
from .signature import Made, is_open, parameters_of
from .targets import arguments_for

_MOST_TRIES = 24
_SECONDS = 8.0
_DEEPEST = 2
# Calls that work, by the name of the class.
_CALLS: dict[str, str] = {}


class GuessedArguments:
    """Calls of a class, or of a function that makes models, with guessed arguments, in the order to try them."""

    def __init__(
        self,
        name: str,
        cls: Made,
        namespace: Mapping[str, Any],
        names: Mapping[str, Any],
        *,
        root: bool,
        depth: int = 0,
    ) -> None:
        self._name, self._depth = name, depth
        self._given_names, self._namespace = names, namespace
        self._choices = Choices(cls, namespace, root=root)
        self._changes = Changes(self._choices, names)
        # What the model given out last failed with, when it ran.
        self.said = Feedback()
        # Arguments with what a configuration certainly lacked.
        self._right: list[Arguments] = []
        file = self._choices.file
        known = list(parameters_of(cls))
        self._source, given = arguments_beside(file, known)
        self._beside = {name: repr(value) for name, value in given.items()}
        self._named = self._meant(file, known)
        self._sites = arguments_at_calls(cls.__name__, known, file, is_open=is_open(cls)) if known and not depth else []

    def working(self) -> Iterator[tuple[str, str]]:
        """(expression, origin) of calls that succeed, the likeliest first; raises `NoArgumentsError` when none does."""
        first: NoArgumentsError | None = None
        queue: list[tuple[float, int, Arguments]] = []
        order = itertools.count()
        seen: set[str] = set()

        def add(arguments: Arguments, rank: float) -> None:
            text = self._expression(arguments)
            if text not in seen:
                seen.add(text)
                heapq.heappush(queue, (rank, next(order), arguments))

        for rank, arguments in enumerate(self._starts()):
            add(arguments, rank * 3.0)
        end = time.monotonic() + _SECONDS
        succeeded = False
        for _ in range(_MOST_TRIES):
            if not queue or (time.monotonic() > end and not succeeded):
                break
            rank, _, chosen = heapq.heappop(queue)
            arguments = self._with_classes(chosen)
            try:
                self._try(arguments)
            except AbsentError as error:  # no other argument brings the module
                raise NoArgumentsError(error, "") from error
            except Exception as error:
                if first is None or chosen in self._right or _says_more(error, first.error):
                    first = NoArgumentsError(error, self._words(arguments))
                configured = list(self._changes.configured(arguments, error))
                self._right += configured
                changes = itertools.chain(configured, self._changes.after(chosen, error))
                for step, change in enumerate(itertools.islice(changes, 8)):
                    add(change, rank + 0.1 + 0.3 * step)
            except BaseException as error:  # the user's code ends the program: no other argument helps
                raise NoArgumentsError(error, self._words(arguments)) from error
            else:
                succeeded = True
                yield self._expression(arguments), self._origin(arguments)
                for other in changed(chosen, self._choices, self.said):
                    add(other, rank + 0.1)
        if not succeeded and first is not None:
            raise first

    def _meant(self, file: str, known: Sequence[str]) -> list[tuple[str, Arguments]]:
        """What a configuration gives the class that it names, of what its constructor takes."""
        meant = arguments_for(self._name, file)
        if meant is None:
            return []
        source, given = meant
        places = {name.rpartition("_")[0]: name for name in known if name.endswith(("_cfg", "_config"))}
        named = {places.get(name, name) if name not in known else name: text for name, text in given.items()}
        taken = {name: text for name, text in named.items() if name in known or self._choices.open}
        return [(os.path.basename(source), taken)] if taken else []

    def _try(self, arguments: Arguments) -> None:
        if not self._depth:
            assumed.MADE.clear()
        made = eval(self._expression(arguments), {**self._given_names, **BORROWED, **self._namespace})
        if not self._depth and not isinstance(made, nn.Module) and isinstance(self._choices.cls, type):
            raise TypeError(f"{self._name} is no nn.Module")

    def _starts(self) -> Iterator[Arguments]:
        """What a configuration says that names the class; what a file beside the code says; what other code gives; typical
        values; one size for all; layers that the defaults leave out.
        """
        likeliest = self._choices.likeliest()
        yield from ({**likeliest, **given} for _, given in self._named)
        if self._beside:
            yield {**likeliest, **self._beside}
        yield from ({**likeliest, **given} for _, given in self._sites)
        yield likeliest
        yield self._choices.of_one_size()
        if self._choices.layers:
            yield {**likeliest, **self._choices.of_layers()}

    def _expression(self, arguments: Arguments) -> str:
        placed = [name for name in self._choices.placed or () if name in arguments]
        rest = (f"{name}={text}" for name, text in arguments.items() if name not in placed)
        return f"{self._name}({', '.join([*(arguments[name] for name in placed), *rest])})"

    def _with_classes(self, arguments: Arguments) -> Arguments:
        """`<Name>` as the call of that class that works."""
        return {name: self._call_of(text[1:-1]) if text[:1] == "<" else text for name, text in arguments.items()}

    def _call_of(self, name: str) -> str:
        cls = {**BORROWED, **self._namespace}.get(name)
        if not isinstance(cls, type) or self._depth == _DEEPEST:
            return "Passthrough()"
        if name not in _CALLS:
            _CALLS[name] = "Passthrough()"  # while it is looked for, and when there is none
            inner = GuessedArguments(name, cls, self._namespace, self._given_names, root=True, depth=self._depth + 1)
            with contextlib.suppress(NoArgumentsError):
                _CALLS[name] = next((expression for expression, _ in inner.working()), "Passthrough()")
        return _CALLS[name]

    def _origin(self, arguments: Arguments) -> str:
        given = ", ".join(f"{name}={text}" for name, text in arguments.items())
        sources = [self._source] if self._beside.items() & arguments.items() else []
        sources += [source for source, given in [*self._named, *self._sites] if given.items() <= arguments.items()][:1]
        after = f", after {' and '.join(dict.fromkeys(sources))}" if sources else ""
        return f"assumed {given}{after}" if given else "defaults"

    def _words(self, arguments: Arguments) -> str:
        return f"assumed arguments {self._origin(arguments).partition(' ')[2]}" if arguments else "default arguments"


def _says_more(error: BaseException, first: BaseException) -> bool:
    """Whether an error tells more than the first: it asks for other arguments, or comes after one that asked for more of them."""
    return refuses(error) > refuses(first) or (bool(missing(str(first))) and not missing(str(error)))
