"""Objects that stand for constructor arguments which the file does not show: a configuration, a layer."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from .typical import typical_values


class Passthrough(nn.Module):
    """Stands for a layer: returns its first argument, whatever else it is given."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The first tensor."""
        given = [*args, *kwargs.values()]
        return next((item for item in given if isinstance(item, torch.Tensor)), given[0] if given else None)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            text = next(typical_values(name.lower(), root=True), "")
            if name.startswith("_") or not text[:1].isdigit() or (text == "64" and not _is_size(name)):
                raise
            return eval(text)


def _is_size(name: str) -> bool:
    return any(word in name for word in ("dim", "channel", "width", "hidden", "features", "size", "planes", "embed"))


# The configurations made since the list was last cleared.
MADE: list[Assumed] = []
_MOST_NAMES = 8


def in_words() -> str:
    """What was read from the configurations: `Assumed(hidden_size=64)`."""
    read = {name: value for made in MADE for name, value in vars(made)["_read"].items()}
    named = [f"{name}={value!r}" for name, value in read.items() if isinstance(value, (int, float, str))]
    return f"Assumed({', '.join(named[:_MOST_NAMES])}{', ...' if len(named) > _MOST_NAMES else ''})"


_ABSENT = re.compile(r"(?:getattr|hasattr)\([\w.]+, *[\"'](\w+)[\"']")
_COMPARED = re.compile(r"[.\[][\"']?(\w+)[\"']?\]? *(?:==|in) *[(\[{]?[\"']([\w .-]+)[\"']")
_ITERATED = re.compile(
    r"(?:len|enumerate|zip|in)[ (](?!self\.\w+[^\w.\[])(?:[^()\n]*, *)?[\w.]+[.\[][\"']?(\w+)[\"']?\]?(?=[):,\]])"
)


@dataclass(frozen=True)
class Hints:
    """What a file says of the attributes of a configuration.

    It asks for some with a default, so they need not be there; it compares some with a text, or goes through them.
    """

    absent: frozenset[str] = frozenset()
    compared: Mapping[str, str] = field(default_factory=dict)
    iterated: frozenset[str] = frozenset()


def hints_of(text: str) -> Hints:
    """Reads the text of a file."""
    compared = dict(reversed(_COMPARED.findall(text)))
    return Hints(frozenset(_ABSENT.findall(text)), compared, frozenset(_ITERATED.findall(text)))


class Assumed:
    """Stands for a configuration object that the file does not define: every attribute is a guess by its name."""

    def __init__(self, hints: Hints) -> None:
        self.__dict__["_read"] = {}
        MADE.append(self)
        self.__dict__["_hints"] = hints

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in self._hints.absent:
            raise AttributeError(name)
        if name not in self._read:
            self._read[name] = self._guess(name)
        return self._read[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._read[name] = value

    def __getitem__(self, name: object) -> Any:
        return getattr(self, name) if isinstance(name, str) else 64

    def __contains__(self, name: str) -> bool:
        return False

    def get(self, name: str, default: Any = None) -> Any:
        """Like a dict's: what is not there has its default."""
        return default if default is not None else getattr(self, name)

    def _guess(self, name: str) -> Any:
        if name in self._hints.compared:
            return self._hints.compared[name]
        low = name.lower()
        suggested = list(typical_values(low, root=True))
        if suggested == ["64"] and name not in self._hints.iterated:  # no pattern has the name
            return Branch(self._hints)
        lists = [text for text in suggested if text.startswith("[")] or ["[64, 64, 64, 64]"]
        typical = lists[0] if name in self._hints.iterated else suggested[0]
        if typical.startswith("<"):  # a configuration has parts named after the layers that they configure
            return Assumed(self._hints)
        return eval(typical, {"nn": nn})


class Branch(int):
    """A value of a configuration that its name does not tell: a number, and a configuration if its parts are read."""

    _inner: Assumed

    def __new__(cls, hints: Hints) -> Branch:
        """The number 64."""
        made = super().__new__(cls, 64)
        made._inner = Assumed(hints)
        return made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __getitem__(self, name: object) -> Any:
        return self._inner[name]


def guess_names(hints: Hints) -> Mapping[str, Any]:
    """Names that guessed expressions use beside the file's own."""
    return {"nn": nn, "torch": torch, "Assumed": functools.partial(Assumed, hints), "Passthrough": Passthrough}
