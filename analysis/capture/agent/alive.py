"""Tensors known by number while they live, and when each storage died. Nothing here keeps a tensor alive.

Python decides when a tensor dies, and with it its memory: a local variable holds its tensor until it is assigned again or its
function returns. The ids of objects that died are used again, so what is known by them is forgotten when they die.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Optional

import torch

# Bytes, and how many operators had run when the last tensor in it died (None: it lived on).
StorageRow = tuple[int, Optional[int]]  # noqa: UP045 (Python 3.10)


class _Storage:
    """A piece of memory: its number, where it lies, how many known tensors lie in it."""

    __slots__ = ("address", "holders", "number")

    def __init__(self, number: int, address: int) -> None:
        self.number, self.address, self.holders = number, address, 0


class _Known(weakref.ref):
    """A tensor's number and storage, found by its id."""

    __slots__ = ("id", "number", "storage")
    id: int
    number: int
    storage: _Storage


class Alive:
    """The tensors of one run. `ran` says how many operators ran so far."""

    def __init__(self, ran: Sequence[object]) -> None:
        self._ran = ran
        self._known: dict[int, _Known] = {}
        self._storages: dict[int, _Storage] = {}
        self._rows: list[StorageRow] = []
        self._died: Callable[[_Known], None] = self._forget

    def rows(self) -> list[StorageRow]:
        """The storages by their numbers."""
        return self._rows

    def number(self, tensor: torch.Tensor) -> int | None:
        """The number that the tensor was given last."""
        known = self._known.get(id(tensor))
        return None if known is None else known.number

    def storage(self, tensor: torch.Tensor) -> int:
        """The number of the storage that a known tensor lies in."""
        return self._known[id(tensor)].storage.number

    def add(self, tensor: torch.Tensor, number: int) -> int:
        """Knows the tensor by `number` from now on; the number of its storage."""
        known = self._known.get(id(tensor))
        if known is None:
            known = self._known[id(tensor)] = _Known(tensor, self._died)
            known.id, known.storage = id(tensor), self._storage(tensor)
            known.storage.holders += 1
        known.number = number
        return known.storage.number

    def _storage(self, tensor: torch.Tensor) -> _Storage:
        address, size = _memory(tensor)
        found = self._storages.get(address)
        if found is None:
            found = self._storages[address] = _Storage(len(self._rows), address)
            self._rows.append((size, None))
        return found

    def _forget(self, known: _Known) -> None:
        del self._known[known.id]
        storage = known.storage
        storage.holders -= 1
        if not storage.holders:
            del self._storages[storage.address]
            self._rows[storage.number] = (self._rows[storage.number][0], len(self._ran))


def _memory(tensor: torch.Tensor) -> tuple[int, int]:
    """Where the storage of a tensor lies, and its bytes; a sparse tensor has none to speak of."""
    try:
        storage = tensor.untyped_storage()
        return storage._cdata, storage.nbytes()
    except (NotImplementedError, RuntimeError):
        return -id(tensor), tensor.numel() * tensor.element_size()
