"""The next arguments after an error: other values for the parameters that it is about."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from . import assumed
from .choices import Arguments, Choices
from .conditions import classes_asked, compared, innermost
from .corrections import (
    WEIGHTS,
    allowed,
    completed,
    extended,
    items_of,
    lacking,
    lines_of,
    missing,
    of_wanted_type,
    reconfigured,
    resized,
    said,
    stated,
    with_items,
)
from .elsewhere import lacked, with_attribute, with_networks
from .file_classes import BORROWED, written
from .guards import WeightsRefusedError
from .signature import is_open, parameters_of, parent_with


class Changes:
    """Changes of arguments among the `choices`; `names` are those that expressions use beside the file's own."""

    def __init__(self, choices: Choices, names: Mapping[str, Any]) -> None:
        self._choices, self._names = choices, names

    def after(self, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        """Other values for the parameters that the error is about."""
        message = str(error)
        keys = (
            [key for key in error.args if isinstance(key, str) and key.isidentifier()]
            if isinstance(error, KeyError)
            else []
        )
        needed = [*missing(message), *keys] if self._choices.open else []
        for name in needed:
            if name not in self._choices.needed:
                self._choices.hand_up(name)
        if needed:
            yield {**arguments, **{name: self._choices.needed[name][0] for name in needed}}
        yield from ({**arguments, name: text} for name, text in self._of_defaults(error) if arguments.get(name) != text)
        yield from self._without_marks(arguments, message)
        yield from with_attribute(arguments, self._choices, lacked(message))
        if isinstance(error, StopIteration):  # there is none of what every network has: parameters, layers
            yield with_networks(arguments)
        yield from self._as_long(arguments, error)
        yield from self._asserted(arguments, error)
        yield from self._of_asked_class(arguments, error)
        near = list(dict.fromkeys(self._suspects(error)))
        for change in (self._fitting, self._usual):
            for name in near:
                yield from change(name, arguments, error)
        rest = [name for name in self._choices.needed if name not in near]
        ways = [itertools.chain(self._fitting(n, arguments, error), self._usual(n, arguments, error)) for n in rest]
        for step in itertools.zip_longest(*ways):  # as suspect as each other: in turn
            yield from (changed for changed in step if changed is not None)

    def _without_marks(self, arguments: Arguments, message: str) -> Iterator[Arguments]:
        """Without the -1, or the empty text, that stands for what a script works out from others."""
        signs = "-" if "negative dimension" in message else "''"
        marks = [n for n, text in arguments.items() if text.startswith(signs) and n not in self._choices.needed]
        if marks:
            yield {name: text for name, text in arguments.items() if name not in marks}

    def _as_long(self, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        """With as many items in every sequence as the longest has."""
        given = {name: items for name, text in arguments.items() if (items := items_of(text)) and "(" not in text[1:]}
        most = max(map(len, given.values()), default=0)
        short = {name: items for name, items in given.items() if len(items) < most}
        if short and (isinstance(error, IndexError) or (isinstance(error, AssertionError) and "len(" in said(error))):
            yield {**arguments, **{name: with_items(arguments[name], items, most) for name, items in short.items()}}

    def _asserted(self, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        """With the value that an attribute is asserted to have, for the argument of its name, here or further up."""
        asserted = (item for frame, _ in innermost(error, AssertionError) for item in compared(frame))
        for node, _, value in asserted:
            name = node.left.attr if isinstance(node.left, ast.Attribute) else ""
            further_up = self._choices.open and name in parameters_of(parent_with(self._choices.cls, name))
            if isinstance(value, (bool, int, str)) and (name in self._choices.optional or further_up):
                if name not in self._choices.optional:
                    self._choices.hand_up(name)
                yield {**arguments, name: repr(value)}

    def _of_asked_class(self, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        """With one of the class that an assertion asks for."""
        asserted = (item for frame, _ in innermost(error, AssertionError) for item in classes_asked(frame))
        for name, cls in asserted:
            if name in arguments and issubclass(cls, nn.Module):
                BORROWED[cls.__name__] = cls
                yield {**arguments, name: written(cls.__name__, cls)}

    def configured(self, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        """A configuration that takes any keyword, with the attribute that it lacks."""
        for name, text in arguments.items():
            called = text[len("configured(") :] if text.startswith("configured(") else text
            cls = {**BORROWED, **self._choices.namespace}.get(called.partition("(")[0])
            if not isinstance(cls, type) or issubclass(cls, nn.Module):
                continue
            attribute = lacking(text, error, keyed=issubclass(cls, dict))
            if attribute and not stated(text, attribute):
                value = _plain(getattr(self._names["Assumed"](), attribute, 64))
                yield {**arguments, name: extended(text, attribute, value, is_open=is_open(cls))}

    def _of_defaults(self, error: BaseException) -> Iterator[tuple[str, str]]:
        """A class that is the default, with the arguments that it lacks; no weights, where none can be had."""
        for name in self._choices.optional:
            default = parameters_of(self._choices.cls)[name].default
            if isinstance(default, type):
                yield from ((name, text) for text in completed(default, error))
            elif default is True and isinstance(error, (OSError, WeightsRefusedError)):
                yield from ((name, "False") for word in WEIGHTS if word in name)

    def _fitting(self, name: str, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        """Values for one parameter that the error speaks of."""
        texts, now, message = self._choices.known(name), arguments.get(name, ""), said(error)
        quoted = re.findall(r"'([\w-]+)'", message) if now.startswith("'") else []
        others = [repr(option) for option in [*allowed(error, name), *quoted]]
        if now.startswith("Assumed("):
            others += reconfigured(now, assumed.read_names(), error)
        for text in [*others, *resized(now, message), *of_wanted_type(texts, message, now)]:
            if text != now:
                yield {**arguments, name: text}

    def _usual(self, name: str, arguments: Arguments, error: BaseException) -> Iterator[Arguments]:
        for text in self._choices.known(name)[:4]:
            if text != arguments.get(name):
                yield {**arguments, name: text}

    def _suspects(self, error: BaseException) -> Iterator[str]:
        """Parameters named in the message, on the failing lines, or by the failing condition."""
        lines = [str(error), *lines_of(error.__traceback__)]
        asserted = (
            set(re.findall(r"\w+", lines[1])) if isinstance(error, AssertionError) and len(lines) > 1 else set[str]()
        )
        known = {**self._choices.needed, **self._choices.optional}
        for line in lines:
            words = set(re.findall(r"\w+", line))
            yield from (name for name in known if name in words and name in self._choices.needed)
            innermost = line is lines[1] and isinstance(error, TypeError)
            if "None" in lines[0] or "None" in line or line is lines[0] or innermost:
                yield from (name for name in self._choices.optional if name in words)
        yield from (name for name in self._choices.optional if name in asserted)
        if isinstance(error, (IndexError, ValueError)):
            yield from self._choices.empty


def _plain(value: Any) -> Any:
    """A value of a configuration that can be written out."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return value if isinstance(value, (float, str, bool, list, tuple)) else 64
