"""A guess at one argument of `forward`: a tensor, several, or a plain value, with where it came from in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import torch

# A guess for each parameter by name; a name that starts with `*` is passed by position.
Assignment = Mapping[str, "Guess"]


@dataclass(frozen=True)
class Guess:
    """`kind` is tensor, list, tuple, dict, object (with attributes) or value.

    A `real` tensor has data (ones), for code that looks at values; a `fixed` guess was given and is never changed.
    """

    origin: str
    shape: tuple[int, ...] = ()
    dtype: str = "float32"
    kind: str = "tensor"
    items: tuple[Guess, ...] = ()
    keys: tuple[str, ...] = ()
    value: Any = None
    real: bool = False
    fixed: bool = False

    def build(self) -> Any:
        """The object to pass to `forward`."""
        if self.kind == "value":
            return self.value
        if self.kind == "tensor":
            dtype = getattr(torch, self.dtype)
            if self.real:
                return torch.ones(self.shape, dtype=dtype)
            return torch.empty(self.shape, dtype=dtype, device="meta")
        parts = [item.build() for item in self.items]
        if self.kind == "dict":
            return dict(zip(self.keys, parts))  # noqa: B905 (Python 3.9)
        if self.kind == "object":
            return SimpleNamespace(**dict(zip(self.keys, parts)))  # noqa: B905 (Python 3.9)
        return tuple(parts) if self.kind == "tuple" else parts

    def key(self) -> object:
        """What distinguishes the guess from others, its words left out."""
        items = tuple(item.key() for item in self.items)
        return self.kind, self.shape, self.dtype, self.keys, self.real, items, repr(self.value)

    def leaves(self) -> Iterator[Guess]:
        """The tensors in it."""
        if self.kind == "tensor":
            yield self
        for item in self.items:
            yield from item.leaves()

    def reshaped(self, shape: tuple[int, ...], origin: str) -> Guess:
        """The same with another shape."""
        return replace(self, shape=shape, origin=origin)


def tensor(origin: str, *shape: int, dtype: str = "float32") -> Guess:
    """A guess at a tensor."""
    return Guess(origin, shape, dtype)


def value(origin: str, given: Any) -> Guess:
    """A guess at a plain value."""
    return Guess(origin, kind="value", value=given)


def signature_of(assignment: Assignment) -> object:
    """Equal for assignments that pass the same."""
    return tuple((name, guess.key()) for name, guess in assignment.items())


def tensors_of(built: Any) -> list[torch.Tensor]:
    """The tensors of what a guess built, in order."""
    if isinstance(built, torch.Tensor):
        return [built]
    return [tensor for item in elements_of(built) for tensor in tensors_of(item)]


def elements_of(built: Any) -> list[Any]:
    """What a list, a dict or an object holds; nothing for other things."""
    if isinstance(built, SimpleNamespace):
        built = vars(built)
    if isinstance(built, dict):
        return list(built.values())
    return list(built) if isinstance(built, (list, tuple)) else []
