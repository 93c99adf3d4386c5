"""Constructs a model: from expressions that the file shows, else with guessed arguments, corrected after each error."""

from __future__ import annotations

import contextlib
import heapq
import inspect
import itertools
import re
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from . import assumed
from .absent import AbsentError
from .arguments import expressions
from .config_files import arguments_beside
from .corrections import allowed, completed, lines_of, missing, of_wanted_type, reconfigured, resized, said
from .file_classes import BORROWED
from .guards import WeightsRefusedError
from .outcome import NoArgumentsError
from .signature import annotation_of, is_open, parameters_of, parent_with
from .usage import Usage, usage_of

_MOST_TRIES = 24
_SECONDS = 8.0
_DEEPEST = 2
# Words in the names of switches that have weights loaded.
_WEIGHTS = ("pretrain", "weights", "download")
# Calls that work, by the name of the class.
_CALLS: dict[str, str] = {}
# The expressions chosen for each parameter.
Arguments = Mapping[str, str]


class GuessedArguments:
    """Constructor calls of a class with guessed arguments, in the order to try them."""

    def __init__(
        self,
        name: str,
        cls: type,
        namespace: Mapping[str, Any],
        names: Mapping[str, Any],
        *,
        root: bool,
        depth: int = 0,
    ) -> None:
        self._name, self._cls, self._depth = name, cls, depth
        self._given_names, self._namespace, self._root = names, namespace, root
        self._options: dict[str, list[str]] = {}
        self._optional: dict[str, list[str]] = {}
        self._empty: list[str] = []
        # Pairs of sizes (found, wanted) that the model given out last failed with.
        self.misfits: list[tuple[int, int]] = []
        # Whether it called None.
        self.called_none = False
        self._layers: list[str] = []
        usages = usage_of(cls)
        for name, parameter in parameters_of(cls).items():
            usage = usages.get(name, Usage())
            usage.iterated |= isinstance(parameter.default, (tuple, list))
            texts = self._texts(cls, parameter, usage)
            (self._options if parameter.default is parameter.empty else self._optional)[name] = texts
            if isinstance(parameter.default, (tuple, list)) and not parameter.default:
                self._empty.append(name)
            if parameter.default is None and (usage.called or usage.layer):
                self._layers.append(name)
        self._open = is_open(cls)
        file = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
        self._source, given = arguments_beside(file, [*self._options, *self._optional])
        self._beside = {name: repr(value) for name, value in given.items()}

    def _texts(self, cls: type, parameter: inspect.Parameter, usage: Usage) -> list[str]:
        annotation = annotation_of(cls, parameter)
        others = {name: given for name, given in self._namespace.items() if given is not cls}
        return expressions(parameter.name, annotation, usage, others, root=self._root)

    def _hand_up(self, name: str) -> None:
        """Takes in a parameter that a constructor further up lacks."""
        parent = parent_with(self._cls, name)
        parameter = parameters_of(parent).get(name) or inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
        self._options[name] = self._texts(parent, parameter, usage_of(parent).get(name, Usage()))

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
                first = first or NoArgumentsError(error, self._words(arguments))
                for step, change in enumerate(itertools.islice(self._changes(chosen, error), 8)):
                    add(change, rank + 0.1 + 0.3 * step)
            except BaseException as error:  # the user's code ends the program: no other argument helps
                raise NoArgumentsError(error, self._words(arguments)) from error
            else:
                succeeded = True
                yield self._expression(arguments), self._origin(arguments)
                for changed in (*self._of_other_sizes(chosen), *self._with_layers(chosen)):
                    add(changed, rank + 0.1)
        if not succeeded and first is not None:
            raise first

    def _of_other_sizes(self, arguments: Arguments) -> Iterator[Arguments]:
        """Sizes that did not fit each other when the model ran: an argument of the one as the other."""
        for found, wanted in self.misfits:
            for name, text in arguments.items():
                if text == str(found) and found != wanted:
                    yield {**arguments, name: str(wanted)}

    def _with_layers(self, arguments: Arguments) -> Iterator[Arguments]:
        """Layers in place of the None that the model called."""
        if self.called_none:
            yield {**{name: texts[0] for name, texts in self._optional_layers()}, **arguments}

    def _try(self, arguments: Arguments) -> None:
        if not self._depth:
            assumed.MADE.clear()
        made = eval(self._expression(arguments), {**self._given_names, **BORROWED, **self._namespace})
        if not self._depth and not isinstance(made, nn.Module):
            raise TypeError(f"{self._name} is no nn.Module")

    def _starts(self) -> Iterator[Arguments]:
        """What a file beside the code says; typical values; the same size for everything that is one; layers that the
        defaults leave out.
        """
        if self._beside:
            yield {**{name: texts[0] for name, texts in self._options.items()}, **self._beside}
        yield {name: texts[0] for name, texts in self._options.items()}
        yield {
            name: "64" if texts[0].isdigit() and int(texts[0]) >= 3 and "64" in texts else texts[0]
            for name, texts in self._options.items()
        }
        if self._layers:
            yield {name: texts[0] for name, texts in [*self._options.items(), *self._optional_layers()]}

    def _optional_layers(self) -> Iterator[tuple[str, list[str]]]:
        """Layers that are called and that are None by default."""
        return ((name, self._optional[name]) for name in self._layers)

    def _expression(self, arguments: Arguments) -> str:
        return f"{self._name}({', '.join(f'{name}={text}' for name, text in arguments.items())})"

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
        after = f", after {self._source}" if self._beside.items() & arguments.items() else ""
        return f"assumed {given}{after}" if given else "defaults"

    def _words(self, arguments: Arguments) -> str:
        return f"assumed arguments {self._origin(arguments).partition(' ')[2]}" if arguments else "default arguments"

    def _changes(self, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        """Other values for the parameters that the error is about."""
        message = str(error)
        keys = (
            [key for key in error.args if isinstance(key, str) and key.isidentifier()]
            if isinstance(error, KeyError)
            else []
        )
        lacking = [*missing(message), *keys] if self._open else []
        for name in lacking:
            if name not in self._options:
                self._hand_up(name)
        if lacking:
            yield {**arguments, **{name: self._options[name][0] for name in lacking}}
        yield from ({**arguments, name: text} for name, text in self._of_defaults(error) if arguments.get(name) != text)
        near = list(dict.fromkeys(self._suspects(error)))
        for change in (self._fitting, self._usual):
            for name in near:
                yield from change(name, arguments, error)
        rest = [name for name in self._options if name not in near]
        ways = [itertools.chain(self._fitting(n, arguments, error), self._usual(n, arguments, error)) for n in rest]
        for step in itertools.zip_longest(*ways):  # as suspect as each other: in turn
            yield from (changed for changed in step if changed is not None)

    def _of_defaults(self, error: BaseException) -> Iterator[tuple[str, str]]:
        """A class that is the default, with the arguments that it lacks; no weights, where none can be had."""
        for name in self._optional:
            default = parameters_of(self._cls)[name].default
            if isinstance(default, type):
                yield from ((name, text) for text in completed(default, error))
            elif default is True and isinstance(error, (OSError, WeightsRefusedError)):
                yield from ((name, "False") for word in _WEIGHTS if word in name)

    def _fitting(self, name: str, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        """Values for one parameter that the error speaks of."""
        texts, now, message = self._known(name), arguments.get(name, ""), said(error)
        quoted = re.findall(r"'([\w-]+)'", message) if now.startswith("'") else []
        others = [repr(option) for option in [*allowed(error, name), *quoted]]
        if now.startswith("Assumed("):
            others += reconfigured(now, assumed.read_names(), error)
        for text in [*others, *resized(now, message), *of_wanted_type(texts, message)]:
            if text != now:
                yield {**arguments, name: text}

    def _usual(self, name: str, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        for text in self._known(name)[:4]:
            if text != arguments.get(name):
                yield {**arguments, name: text}

    def _known(self, name: str) -> list[str]:
        return self._options.get(name) or self._optional.get(name, [])

    def _suspects(self, error: BaseException) -> Iterator[str]:
        """Parameters named in the message, on the failing lines, or by the failing condition."""
        lines = [str(error), *lines_of(error.__traceback__)]
        asserted = (
            set(re.findall(r"\w+", lines[1])) if isinstance(error, AssertionError) and len(lines) > 1 else set[str]()
        )
        known = {**self._options, **self._optional}
        for line in lines:
            words = set(re.findall(r"\w+", line))
            yield from (name for name in known if name in words and name in self._options)
            if "None" in lines[0] or "None" in line or line is lines[0]:
                yield from (name for name in self._optional if name in words)
        yield from (name for name in self._optional if name in asserted)
        if isinstance(error, (IndexError, ValueError)):
            yield from self._empty
