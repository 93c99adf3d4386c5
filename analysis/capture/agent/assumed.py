"""Objects that stand for constructor arguments which the file does not show: a configuration, a layer."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from .config_files import values_beside
from .taken_apart import results_wanted
from .targets import maker, settings
from .typical import typical_values


class Passthrough(nn.Module):
    """Stands for a layer: returns its first argument, whatever else it is given; as often as the code takes it apart into."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The first tensor."""
        given = [*args, *kwargs.values()]
        first = next((item for item in given if isinstance(item, torch.Tensor)), given[0] if given else None)
        wanted = results_wanted()
        return first if wanted == 1 else (first,) * wanted

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            text = next(typical_values(name.lower(), root=True), "")
            if name.startswith("_") or not text[:1].isdigit() or (text == "64" and not _is_size(name)):
                raise
            return eval(text)


class Space:
    """Stands for a space of observations or actions of a Gym environment: a `Box` of numbers between -1 and 1."""

    stands_for = "Box"

    def __init__(self, size: int) -> None:
        self.shape, self.n, self.dtype = (size,), size, "float32"
        self.low, self.high = [-1.0] * size, [1.0] * size


def _is_size(name: str) -> bool:
    return any(word in name for word in ("dim", "channel", "width", "hidden", "features", "size", "planes", "embed"))


# The configurations made since the list was last cleared.
MADE: list[Assumed] = []
_MOST_NAMES = 8
# Methods of texts.
OF_TEXTS = frozenset("replace split startswith endswith lower upper strip format find join".split())
# How many items a list of a configuration has.
_ITEMS = 5


def read_names() -> set[str]:
    """The attributes that were read and that are no configurations themselves."""
    read = [item for made in MADE for item in vars(made)["_read"].items()]
    return {name for name, value in read if not isinstance(value, Assumed)}


def in_words() -> str:
    """What was read from the configurations: `Assumed(hidden_size=64)`."""
    read = {name: value for made in MADE for name, value in vars(made)["_read"].items()}
    named = [f"{name}={value!r}" for name, value in read.items() if isinstance(value, (int, float, str))]
    sources = sorted({made._hints.source for made in MADE if made._hints.source})
    after = f", after {', '.join(sources)}" if sources else ""
    return f"Assumed({', '.join(named[:_MOST_NAMES])}{', ...' if len(named) > _MOST_NAMES else ''}{after})"


_ABSENT = re.compile(r"(?:getattr|hasattr)\([\w.]+, *[\"'](\w+)[\"']")
_COMPARED = re.compile(r"[.\[][\"']?(\w+)[\"']?\]? *(?:==|in) *[(\[{]?[\"']([\w .-]+)[\"']")
_ITERATED = re.compile(
    r"(?:len|enumerate|zip|in)[ (](?!self\.\w+[^\w.\[])(?:[^()\n]*, *)?[\w.]+[.\[][\"']?(\w+)[\"']?\]?(?=[):,\]])"
)
# `config.training` in `config.training.continuous`, but not the method of a call.
_PARTED = re.compile(
    r"\b_?(?:\w*_)?(?:cfg|conf|config|configs|args|opts?|hparams|hps|params|settings)\.(\w+)\.(?!data\b)[a-zA-Z]\w*\b(?!\()",
    re.IGNORECASE,
)
_CALLED = re.compile(r"\.(\w+)\(")


@dataclass(frozen=True)
class Hints:
    """What a file says of the attributes of a configuration.

    It asks for some with a default, so they need not be there; it compares some with a text, goes through them, reads parts of
    them or calls them.
    `values` are those of a configuration beside it, in the file of the name `source`.
    """

    absent: frozenset[str] = frozenset()
    compared: Mapping[str, str] = field(default_factory=dict)
    iterated: frozenset[str] = frozenset()
    parted: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    source: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def hints_of(text: str, path: str, wanted: Collection[str] = ()) -> Hints:
    """Reads the text of a file, and looks for the configuration that it reads."""
    compared = dict(reversed(_COMPARED.findall(text)))
    beside = values_beside(path, text, wanted) if path else ("", {})
    absent, iterated, parted, called = (frozenset(r.findall(text)) for r in (_ABSENT, _ITERATED, _PARTED, _CALLED))
    return Hints(absent, compared, iterated, parted, called | ({"keys"} if "**" in text else set()), *beside)


def _pop(config: Any, name: str, default: Any = None) -> Any:
    """What it would be."""
    return config.get(name, default)


def _update(config: Any, *given: Mapping[str, Any], **others: Any) -> None:
    """Takes in what is given, as mappings do, and configurations with methods of their own."""
    for values in (*given, others):
        for name, value in values.items():
            setattr(config, name, value)


def _nothing(_: object) -> tuple[()]:
    """None of its keys are known: `{**defaults, **config}` are the defaults."""
    return ()


# What code calls of a configuration that it takes for a mapping.
_METHODS: Mapping[str, Callable[..., Any]] = {
    "pop": _pop,
    "update": _update,
    "merge_from_dict": _update,
    "keys": _nothing,
    "items": _nothing,
    "values": _nothing,
}


class Assumed:
    """Stands for a configuration object that the file does not define: every attribute is a guess by its name.

    `others` are values in place of guesses that did not do: numbers among them are nothing more.
    """

    def __init__(self, hints: Hints, **others: Any) -> None:
        self.__dict__["_read"] = {}
        self.__dict__["_stated"] = others
        MADE.append(self)
        self.__dict__["_hints"] = replace(hints, values={**hints.values, **others}) if others else hints

    def __getattr__(self, name: str) -> Any:
        if name in self._hints.called and name in _METHODS:
            return functools.partial(_METHODS[name], self)
        if name.startswith("__") or (name in self._hints.absent and name not in self._hints.values):
            raise AttributeError(name)
        if name not in self._read:
            self._read[name] = self._guess(name)
        return self._read[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._read[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        self._read[name] = value

    def __getitem__(self, name: object) -> Any:
        if isinstance(name, int) and name >= _ITEMS:  # goes through it
            raise IndexError(name)
        return getattr(self, name) if isinstance(name, str) else 64

    def __contains__(self, name: str) -> bool:
        return False

    def get(self, name: str, default: Any = None) -> Any:
        """Like a dict's: what is not there has its default."""
        return default if default is not None else getattr(self, name)

    def _guess(self, name: str) -> Any:
        if name in self._hints.values:
            given = self._hints.values[name]
            if isinstance(given, dict):
                return Part(replace(self._hints, values=given))
            return Branch(self._hints, given) if type(given) is int and name not in self._stated else given
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
        made = eval(typical, {"nn": nn})
        if isinstance(made, bool) and name in self._hints.parted:
            return Assumed(self._hints)
        return Branch(self._hints, made) if type(made) is int else made


class Part(Assumed):
    """A mapping within a configuration that is known: its keys are, too; what else is read from it is guessed."""

    def keys(self) -> Collection[str]:
        """As a mapping has them."""
        return self._hints.values.keys()

    def items(self) -> Iterator[tuple[str, Any]]:
        """Keys with their values."""
        return ((key, self[key]) for key in self.keys())

    def values(self) -> Iterator[Any]:
        """The values alone."""
        return (self[key] for key in self.keys())

    def pop(self, name: str, default: Any = None) -> Any:
        """What it has of that name."""
        return _pop(self, name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __contains__(self, name: str) -> bool:
        return name in self.keys()

    def get(self, name: str, default: Any = None) -> Any:
        """What is not there has its default."""
        return self[name] if name in self else super().get(name, default)


class Branch(int):
    """A number of a configuration that may be more than that: its parts are read, or it is a list of such numbers."""

    _inner: Assumed

    def __new__(cls, hints: Hints, number: int = 64) -> Branch:
        """The number."""
        made = super().__new__(cls, number)
        made._inner = Assumed(hints)
        return made

    def __getattr__(self, name: str) -> Any:
        if name in OF_TEXTS and name in self._inner._hints.called:  # it is none
            raise AttributeError(f"'int' object has no attribute {name!r}")
        return getattr(self._inner, name)

    def __getitem__(self, name: object) -> Any:
        """A part; or one of the list's items, which makes it iterable but no `Iterable`: it is a number first."""
        if isinstance(name, str):
            return self._inner[name]
        return ([int(self)] * _ITEMS)[name]  # type: ignore[index]

    def __setitem__(self, name: str, value: Any) -> None:
        self._inner[name] = value

    def __len__(self) -> int:
        return _ITEMS

    def __deepcopy__(self, _: object) -> Branch:
        return self


def configured(config: Any, **given: Any) -> Any:
    """A configuration with attributes that its class does not have and that code sets later."""
    for name, value in given.items():
        setattr(config, name, value)
    return config


class _Later:
    """A module that is imported when it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


def guess_names(text: str, path: str, wanted: Collection[str] = ()) -> Mapping[str, Any]:
    """Names that guessed expressions use beside the file's own; a configuration's hints are read when one is made."""
    hints = functools.lru_cache(maxsize=None)(lambda: hints_of(text, path, wanted))

    def assume(**others: Any) -> Assumed:
        return Assumed(hints(), **others)

    return {
        "nn": nn,
        "torch": torch,
        "Assumed": assume,
        "Passthrough": Passthrough,
        "Space": Space,
        "configured": configured,
        "partial": functools.partial,
        "torchvision": _Later("torchvision"),
        "models": _Later("torchvision.models"),
        "made": maker(path),
        "settings": settings,
    }
