"""Runs PyTorch without data: tensors whose values matter stay real and small, everything else lives on the meta device.

Weights and inputs are meta tensors, so nothing is allocated or initialised. Small tensors with known values (`arange`,
`linspace`, a mask, a constant) stay on the CPU, so code that looks at them (`.tolist()`, `if`) works as written. Where
the two meet in one operator, the real one becomes meta first.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._pytree import tree_map_only
from torch.utils.weak import WeakIdKeyDictionary

from .devices import is_gpu
from .factories import factory
from .shapes import KNOWN
from .unknown import DATA_DEPENDENT, Args, Kwargs, scalar

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from torch._ops import OpOverload

_MOST_REAL_BYTES = 1 << 28
_META = torch.device("meta")
_CPU = torch.device("cpu")

_REAL_ARGUMENTS = {"_pack_padded_sequence": (1,), "_pad_packed_sequence": (1,)}  # lengths are read on the host
_RANDOM_IN_PLACE = frozenset("uniform_ normal_ random_ log_normal_ exponential_ geometric_ cauchy_ bernoulli_".split())


class Facts:
    """What is known of an operator by itself."""

    __slots__ = ("dependent", "factory", "filling", "mutable", "name", "random", "shapes")

    def __init__(self, func: OpOverload) -> None:
        self.name = func._schema.name.rpartition("::")[2]  # `aten.add_.Tensor` → `add_`
        self.mutable = func._schema.is_mutable
        self.factory = factory(func, self.name)
        self.random = self.name in _RANDOM_IN_PLACE
        self.filling = self.random or self.name in ("zero_", "fill_")
        self.dependent = DATA_DEPENDENT.get(self.name)
        self.shapes = KNOWN.get(self.name)


@functools.cache
def facts_of(func: OpOverload) -> Facts:
    """Known of an operator."""
    return Facts(func)


def is_meta(value: object) -> bool:
    """Whether `value` is a tensor without data."""
    return isinstance(value, torch.Tensor) and value.device == _META


def any_meta(value: object) -> bool:
    """Whether one of the tensors in `value` has no data."""
    return any(tensor.device == _META for tensor in tensors_in(value))


class Values:
    """Executes one operator, deciding where its result lives.

    `assume` is told what was assumed in words; `producer` names the operator that computed a tensor; `line` is the text of
    the user's line that runs; `longest` is the longest dimension of the model's inputs, the value of a length that
    depends on data.
    """

    def __init__(
        self, assume: Callable[[str], None], producer: Callable[[torch.Tensor], str], line: Callable[[], str]
    ) -> None:
        self.longest = 1
        self._assume = assume
        self._producer = producer
        self._line = line
        self._overwritten: MutableMapping[torch.Tensor, torch.Tensor] = WeakIdKeyDictionary()

    def run(self, func: OpOverload, args: Args, kwargs: Kwargs) -> object:
        """The result of `func` on real tensors, on meta tensors, or on a mixture brought to meta."""
        facts = facts_of(func)
        name = facts.name
        if facts.factory is not None and facts.factory.alone:
            return facts.factory.made(args, kwargs)
        if facts.filling and args[0].is_meta:
            return args[0]
        if kwargs and is_gpu(kwargs.get("device")):
            kwargs = {**kwargs, "device": _CPU}
        if facts.factory is not None:
            kwargs = facts.factory.placed(args, kwargs)
        if self._overwritten:
            args, kwargs = tree_map_only(torch.Tensor, self._current, (args, kwargs))
        tensors = tensors_in((*args, *kwargs.values()))
        real = [tensor for tensor in tensors if not tensor.is_meta]
        if len(real) == len(tensors):
            return func(*args, **kwargs)
        if facts.random:
            return args[0]
        if name == "_local_scalar_dense":
            return self.scalar(args[0])
        if facts.dependent is not None and (name != "repeat_interleave" or len(tensors) == 1):
            words, result = facts.dependent
            if words:
                self._assume(words)
            return result(args, kwargs)
        if "device" in kwargs:
            kwargs = {**kwargs, "device": _META}
        return self._run_meta(func, facts, args, kwargs, mixed=bool(real))

    def scalar(self, tensor: torch.Tensor) -> bool | int | float | complex:
        """A value for a meta tensor of one element, said as an assumption."""
        value, words = scalar(tensor, self._producer(tensor), self.longest, self._line())
        self._assume(words)
        return value

    def _run_meta(self, func: OpOverload, facts: Facts, args: Args, kwargs: Kwargs, *, mixed: bool) -> object:
        """Real arguments become meta; a real tensor written in place is from now on represented by its meta twin."""
        name = facts.name
        if facts.shapes is not None and not kwargs and not facts.mutable:
            result = facts.shapes(args)
            if result is not None:
                return result
        target: torch.Tensor | None = None
        if mixed:
            if args and facts.mutable and isinstance(args[0], torch.Tensor) and args[0].device != _META:
                target = args[0]
            kept = {index: args[index] for index in _REAL_ARGUMENTS.get(name, ())}
            args, kwargs = to_meta(args, kwargs)
            args = tuple(kept.get(index, value) for index, value in enumerate(args))
        if name == "_pack_padded_sequence":
            args = (args[0], self._lengths(*args), *args[2:])
        if name == "index" or name == "index_put_":
            args = (args[0], self._without_masks(args[0], args[1]), *args[2:])
        result = facts.shapes(args) if facts.shapes is not None and not kwargs and facts.mutable else None
        if result is None:
            try:
                result = func(*args, **kwargs)
            except NotImplementedError:
                result = self._run_on_zeros(func, args, kwargs)
        if target is None:
            return result
        self._overwritten[target] = args[0]
        return target

    def _lengths(self, data: torch.Tensor, lengths: torch.Tensor, batch_first: bool) -> torch.Tensor:
        """Lengths of sequences; unknown ones are as long as the data, assumed ones no longer."""
        longest = data.shape[1 if batch_first else 0]
        if lengths.device != _META:
            return lengths.clamp(1, max(1, longest))
        self._assume("all sequences are as long as the longest")
        return torch.full((lengths.numel(),), longest, dtype=torch.int64, device=_CPU)

    def _without_masks(self, data: torch.Tensor, indices: list[torch.Tensor | None]) -> list[torch.Tensor | None]:
        """Boolean masks as the indices of every element."""
        found: list[torch.Tensor | None] = []
        for index in indices:
            if index is not None and index.dtype in (torch.bool, torch.uint8):
                self._assume("a mask keeps every element")
                found.extend(torch.empty(index.numel(), dtype=torch.int64, device=_META) for _ in range(index.dim()))
            else:
                found.append(index)
        return found

    def _run_on_zeros(self, func: OpOverload, args: Args, kwargs: Kwargs) -> object:
        """An operator that PyTorch cannot run without data runs on zeros, to learn the shape of its result."""
        tensors = tensors_in((*args, *kwargs.values()))
        if sum(tensor.numel() * tensor.element_size() for tensor in tensors) > _MOST_REAL_BYTES:
            raise
        self._assume(f"{facts_of(func).name} was run on zeros to learn the shape of its result")
        args, kwargs = tree_map_only(torch.Tensor, _zeros, (args, kwargs))
        if "device" in kwargs:
            kwargs = {**kwargs, "device": _CPU}
        return tree_map_only(torch.Tensor, _to_meta, func(*args, **kwargs))

    def _current(self, tensor: torch.Tensor) -> torch.Tensor:
        return self._overwritten.get(tensor, tensor)


def tensors_in(value: object) -> list[torch.Tensor]:
    """The tensors in an argument or result of an operator: itself, or those in nested lists and tuples."""
    if isinstance(value, torch.Tensor):
        return [value]
    found: list[torch.Tensor] = []
    if isinstance(value, (list, tuple)):
        for item in value:
            if isinstance(item, torch.Tensor):
                found.append(item)
            elif isinstance(item, (list, tuple)):
                found.extend(tensors_in(item))
    return found


def to_meta(args: Args, kwargs: Kwargs) -> tuple[Args, Kwargs]:
    """Arguments with every tensor on the meta device."""
    return tuple(_brought(value) for value in args), {name: _brought(value) for name, value in kwargs.items()}


def _brought(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return _to_meta(value)
    return tree_map_only(torch.Tensor, _to_meta, value) if isinstance(value, (list, tuple, dict)) else value


def _to_meta(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.device == _META:
        return tensor
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=_META)


def _zeros(tensor: torch.Tensor) -> torch.Tensor:
    return torch.zeros(tensor.shape, dtype=tensor.dtype, device=_CPU)
