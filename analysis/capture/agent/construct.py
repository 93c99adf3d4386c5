"""Constructs a model: from expressions that the file shows, else with guessed arguments, corrected after each error."""

from __future__ import annotations

import ast
import functools
import heapq
import inspect
import itertools
import re
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

import torch
from torch import nn

from .arguments import BORROWED, expressions
from .assumed import Assumed, Passthrough
from .errors import comparisons
from .usage import Usage, usage_of

_MOST_TRIES = 24
_SECONDS = 8.0
# The expressions chosen for each parameter.
Arguments = Mapping[str, str]


def guess_names(absent: frozenset[str]) -> Mapping[str, Any]:
    """Names that guessed expressions use beside the file's own."""
    return {"nn": nn, "torch": torch, "Assumed": functools.partial(Assumed, absent), "Passthrough": Passthrough}


class NoArgumentsError(Exception):
    """No guess was accepted: the first error, and the arguments that raised it in words."""

    def __init__(self, error: BaseException, arguments: str) -> None:
        super().__init__(str(error))
        self.error, self.arguments = error, arguments


class GuessedArguments:
    """Constructor calls of a class with guessed arguments, in the order to try them."""

    def __init__(self, cls: type, namespace: Mapping[str, Any], names: Mapping[str, Any], *, root: bool) -> None:
        self._cls = cls
        self._given_names, self._namespace = names, namespace
        usage = usage_of(cls)
        self._options: dict[str, list[str]] = {}
        self._optional: dict[str, list[str]] = {}
        for name, parameter in _parameters(cls).items():
            texts = expressions(name, parameter.annotation, usage.get(name, Usage()), namespace, root=root)
            (self._options if parameter.default is parameter.empty else self._optional)[name] = texts

        self._open = any(p.kind is p.VAR_KEYWORD for p in inspect.signature(cls).parameters.values())

    def _guess(self, name: str) -> str:
        return expressions(name, inspect.Parameter.empty, Usage(), self._namespace, root=True)[0]

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
            rank, _, arguments = heapq.heappop(queue)
            try:
                self._try(arguments)
                succeeded = True
                yield self._expression(arguments), self._origin(arguments)
            except Exception as error:
                first = first or NoArgumentsError(error, self._words(arguments))
                for step, change in enumerate(itertools.islice(self._changes(arguments, error), 8)):
                    add(change, rank + 0.1 + 0.3 * step)
            except BaseException as error:  # the user's code ends the program: no other argument helps
                raise NoArgumentsError(error, self._words(arguments)) from error
        if not succeeded and first is not None:
            raise first

    def _try(self, arguments: Arguments) -> None:
        made = eval(self._expression(arguments), {**self._given_names, **BORROWED, **self._namespace})
        if not isinstance(made, nn.Module):
            raise TypeError(f"{self._cls.__name__} is no nn.Module")

    def _starts(self) -> Iterator[Arguments]:
        """Typical values; then the same size for everything that is one."""
        yield {name: texts[0] for name, texts in self._options.items()}
        yield {
            name: "64" if texts[0].isdigit() and int(texts[0]) >= 3 and "64" in texts else texts[0]
            for name, texts in self._options.items()
        }

    def _expression(self, arguments: Arguments) -> str:
        return f"{self._cls.__name__}({', '.join(f'{name}={text}' for name, text in arguments.items())})"

    def _origin(self, arguments: Arguments) -> str:
        given = ", ".join(f"{name}={text}" for name, text in arguments.items())
        return f"assumed {given}" if given else "defaults"

    def _words(self, arguments: Arguments) -> str:
        return f"assumed arguments {self._origin(arguments).partition(' ')[2]}" if arguments else "default arguments"

    def _changes(self, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        """Other values for the parameters that the error is about."""
        message = str(error)
        quoted = re.findall(r"'([\w-]+)'", message)
        missing = _missing(message) if self._open else []
        if missing:
            yield {**arguments, **{name: self._guess(name) for name in missing}}
        suspects = list(self._suspects(error))
        for name in suspects:
            texts = self._options.get(name) or self._optional.get(name, [])
            now = arguments.get(name, "")
            for option in [*_allowed(error, name), *(quoted if now.startswith("'") else [])]:
                yield {**arguments, name: repr(option)}
            for text in _of_wanted_type(texts, message):
                if text != now:
                    yield {**arguments, name: text}
        for name in suspects:
            texts = self._options.get(name) or self._optional.get(name, [])
            for text in texts[:4]:
                if text != arguments.get(name):
                    yield {**arguments, name: text}

    def _suspects(self, error: BaseException) -> Iterator[str]:
        """Parameters named in the message, on the failing lines, or by the failing condition; then all that were guessed."""
        lines = [str(error), *_lines(error.__traceback__)]
        known = {**self._options, **self._optional}
        for line in lines:
            words = set(re.findall(r"\w+", line))
            yield from (name for name in known if name in words and name in self._options)
            if "None" in line or line is lines[0]:
                yield from (name for name in self._optional if name in words)
        yield from self._options


def _of_wanted_type(texts: list[str], message: str) -> Iterator[str]:
    """The expressions of the type whose lack the message deplores."""
    if re.search(r"not iterable|not subscriptable|no len\(\)|unpack non-iterable|argument after \*", message):
        yield from (text for text in texts if text[0] in "[(")
        yield from ("[64, 64, 64, 64]", "(64, 64)")
    elif re.search(r"(be|as|type|expected) (a |an )?(list|tuple|sequence)|isinstance\(.*list", message):
        yield from (text for text in texts if text[0] in "[(")
        yield from ("[64, 64]", "(64, 64)")
    elif re.search(r"not callable", message):
        yield from (text for text in texts if text.startswith(("nn.", "Passthrough")))
        yield from ("Passthrough", "Passthrough()")
    elif re.search(r"'(int|float|str|NoneType)' object has no attribute", message):
        yield from ("Assumed()", "Passthrough()", "nn.LayerNorm")
    elif re.search(r"is not a Module subclass|cannot assign", message):
        yield "Passthrough()"
    elif re.search(r"between 0 and 1|in \[0, 1\]|in range|must be (in|less|<)|probability", message):
        yield from ("0.5", "0.0")
    elif re.search(r"divisible|multiple|% ", message):
        yield from ("8", "4", "64", "256", "1")
    elif re.search(r"unsupported operand|must be (an )?int|cannot be interpreted as an integer|empty\(\)", message):
        yield from (text for text in texts if text.isdigit())
        yield from ("64", "2")


def _missing(message: str) -> list[str]:
    """Names of the arguments that a constructor further up lacks."""
    return re.findall(r"'(\w+)'", message.partition(":")[2]) if "missing" in message and "required" in message else []


def _allowed(error: BaseException, name: str) -> list[object]:
    """What the failing condition compares the parameter with: `assert mode in {...}`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    found: list[object] = []
    if trace is not None and isinstance(error, (AssertionError, ValueError, KeyError, NotImplementedError)):
        for left, right in comparisons(trace.tb_frame):
            given = right if isinstance(right, (list, tuple, set, frozenset, dict)) else [right]
            if isinstance(left, ast.Name) and left.id == name:
                found += [item for item in given if isinstance(item, (str, int))]
    return found[:6]


def _lines(trace: TracebackType | None) -> list[str]:
    """The source lines of a traceback, innermost first."""
    import linecache

    found: list[str] = []
    while trace is not None:
        found.append(linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return found[::-1]


def _parameters(cls: type) -> dict[str, inspect.Parameter]:
    try:
        parameters = inspect.signature(cls).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
