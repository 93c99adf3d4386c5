"""Runs PyTorch without data: tensors whose values matter stay real and small, everything else lives on the meta device.

Weights and inputs are meta tensors, so nothing is allocated or initialised. Small tensors with known values (`arange`,
`linspace`, a mask, a constant) stay on the CPU, so code that looks at them (`.tolist()`, `if`) works as written. Where
the two meet in one operator, the real one becomes meta first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils._pytree import tree_flatten, tree_map_only

if TYPE_CHECKING:
    from torch._ops import OpOverload

Args = tuple[Any, ...]
Kwargs = dict[str, Any]

_MOST_REAL_ELEMENTS = 1 << 20
_META = torch.device("meta")

_WITHOUT_VALUES = frozenset(
    [
        "empty",
        "empty_strided",
        "empty_permuted",
        "new_empty",
        "new_empty_strided",
        "empty_like",
        "rand",
        "randn",
        "randint",
        "randint_like",
        "rand_like",
        "randn_like",
        "normal",
        "bernoulli",
    ]
)
_WITH_VALUES = frozenset(
    ["zeros", "ones", "full", "arange", "linspace", "logspace", "eye", "tril_indices", "triu_indices", "scalar_tensor"]
)
_RANDOM_IN_PLACE = frozenset(
    ["uniform_", "normal_", "random_", "log_normal_", "exponential_", "geometric_", "cauchy_", "bernoulli_"]
)


class UnknownValueError(RuntimeError):
    """The program asks for the value of a tensor that has none here."""


def base_name(func: OpOverload) -> str:
    """`aten.add_.Tensor` → `add_`."""
    return func._schema.name.rpartition("::")[2]


def is_meta(value: object) -> bool:
    """Whether `value` is a tensor without data."""
    return isinstance(value, torch.Tensor) and value.device == _META


class Values:
    """Executes one operator, deciding where its result lives."""

    def __init__(self) -> None:
        self._overwritten: dict[int, torch.Tensor] = {}
        self._kept: list[torch.Tensor] = []

    def run(self, func: OpOverload, args: Args, kwargs: Kwargs) -> object:
        """The result of `func` on real tensors, on meta tensors, or on a mixture brought to meta."""
        name = base_name(func)
        if name in _WITHOUT_VALUES or name in _WITH_VALUES:
            return func(*args, **self._placed(name, args, kwargs))
        if self._overwritten:
            args, kwargs = tree_map_only(torch.Tensor, self._current, (args, kwargs))
        tensors = [leaf for leaf in tree_flatten((args, kwargs))[0] if isinstance(leaf, torch.Tensor)]
        meta = any(tensor.device == _META for tensor in tensors)
        if not meta:
            return func(*args, **kwargs)
        if name == "_local_scalar_dense":
            raise UnknownValueError(
                "the value of a computed tensor is needed here (.item(), a condition or an index), and no data runs"
            )
        if name in _RANDOM_IN_PLACE:
            return args[0]
        if all(tensor.device == _META for tensor in tensors):
            return func(*args, **kwargs)
        return self._run_mixed(func, args, kwargs)

    def _placed(self, name: str, args: Args, kwargs: Kwargs) -> Kwargs:
        kwargs = dict(kwargs)
        if name in _WITHOUT_VALUES or _elements(name, args) > _MOST_REAL_ELEMENTS:
            kwargs["device"] = _META
        return kwargs

    def _run_mixed(self, func: OpOverload, args: Args, kwargs: Kwargs) -> object:
        """Brings real arguments to meta; a real tensor written in place is from now on represented by its meta twin."""
        target = args[0] if args and func._schema.is_mutable and isinstance(args[0], torch.Tensor) else None

        def to_meta(tensor: torch.Tensor) -> torch.Tensor:
            return (
                tensor
                if tensor.device == _META
                else torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=_META)
            )

        meta_args, meta_kwargs = tree_map_only(torch.Tensor, to_meta, (args, kwargs))
        if "device" in meta_kwargs and base_name(func) in ("_to_copy", "to"):
            meta_kwargs = {**meta_kwargs, "device": _META}
        result = func(*meta_args, **meta_kwargs)
        if target is not None and target.device != _META:
            self._overwritten[id(target)] = meta_args[0]
            self._kept.append(target)
            return target
        return result

    def _current(self, tensor: torch.Tensor) -> torch.Tensor:
        return self._overwritten.get(id(tensor), tensor)


def _elements(name: str, args: Args) -> int | float:
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
