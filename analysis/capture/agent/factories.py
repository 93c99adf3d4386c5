"""Operators that make a tensor: small ones whose values are known stay real, the others have no data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from .devices import is_gpu

if TYPE_CHECKING:
    from torch._ops import OpOverload

_MOST_REAL_ELEMENTS = 1 << 20
_MOST_COUNTS = 4096
_META = torch.device("meta")
_CPU = torch.device("cpu")

_WITHOUT_VALUES = frozenset(
    "empty empty_strided empty_permuted new_empty new_empty_strided empty_like rand randn randint randint_like rand_like "
    "randn_like normal bernoulli".split()
)
_FILLS = frozenset(["zeros", "ones", "full"])  # made next to data they are data: a state, a padding
_WITH_VALUES = frozenset("zeros ones full arange linspace logspace eye tril_indices triu_indices scalar_tensor".split())
# What layers make their weights with, and PyTorch's own functions for them: those take a third of an operator's time.
_FUNCTIONS: dict[str, Callable[..., torch.Tensor]] = {
    "aten.empty.memory_format": torch.empty, "aten.zeros.default": torch.zeros, "aten.ones.default": torch.ones,
}  # fmt: skip
_PLAIN = frozenset(["dtype", "device", "pin_memory"])


class Factory:
    """One operator that makes a tensor where it is told to. `alone`: from nothing but its own arguments."""

    __slots__ = ("_function", "_name", "_operator", "alone")

    def __init__(self, operator: OpOverload, name: str) -> None:
        self._operator, self._name = operator, name
        self._function = _FUNCTIONS.get(str(operator))
        self.alone = not any("Tensor" in str(argument.type) for argument in operator._schema.arguments)

    def placed(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Tensors without values go to meta; small ranges stay real even when made next to a meta tensor."""
        if self._name in _WITHOUT_VALUES or _elements(self._name, args) > _MOST_REAL_ELEMENTS:
            return {**kwargs, "device": _META}
        asked = kwargs.get("device")
        if self._name not in _FILLS and asked is not None and torch.device(asked) == _META:
            return {**kwargs, "device": _CPU}
        return kwargs

    def made(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
        """The tensor of arguments without tensors."""
        if self._name == "empty" and _holds_lengths(args, kwargs):
            return torch.zeros(args[0], dtype=torch.int64)
        if is_gpu(kwargs.get("device")):
            kwargs = {**kwargs, "device": _CPU}
        kwargs = self.placed(args, kwargs)
        if self._function is None or len(args) != 1 or not kwargs.keys() <= _PLAIN or kwargs.get("pin_memory"):
            return self._operator(*args, **kwargs)
        return self._function(args[0], dtype=kwargs.get("dtype"), device=kwargs.get("device") or _CPU)


def factory(operator: OpOverload, name: str) -> Factory | None:
    """Of an operator with this base name; None for one that makes nothing, or not where it is told to."""
    takes_device = any(argument.name == "device" for argument in operator._schema.arguments)
    return Factory(operator, name) if takes_device and name in _WITHOUT_VALUES | _WITH_VALUES else None


def _holds_lengths(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether PyTorch's own code makes a tensor on the host to write lengths to (`pad_packed_sequence`)."""
    on_host = kwargs.get("device") == _CPU
    return on_host and kwargs.get("dtype") is torch.int64 and len(args[0]) == 1 and args[0][0] <= _MOST_COUNTS


def _elements(name: str, args: tuple[Any, ...]) -> int | float:
    """About how many elements a value-bearing factory call makes."""
    if name in ("zeros", "ones", "full") and args:
        count = 1
        for size in args[0]:
            count *= int(size)
        return count
    if name == "eye":
        rows = args[0]
        return int(rows) * int(args[1] if len(args) > 1 and isinstance(args[1], int) else rows)
    numbers = [abs(a) for a in args if isinstance(a, (int, float))]
    return max(numbers, default=1)
