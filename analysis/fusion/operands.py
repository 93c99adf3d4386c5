"""What operators read and write as columns, one row a tensor: made once for a graph, whatever its kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


class Operands(NamedTuple):
    """Rows of an operator (or a kernel), a tensor, and how many elements of it."""

    owners: Numbers
    tensors: Numbers
    elements: Numbers

    @classmethod
    def of(cls, moved: Iterable[tuple[int, Mapping[int, int]]]) -> Operands:
        """The rows of operators, each with its elements by tensor."""
        rows = ((owner, *each) for owner, elements in moved for each in elements.items())
        return cls(*columns_of(rows, 3))

    def where(self, rows: NDArray[np.bool_]) -> Operands:
        """Some of the rows."""
        return Operands(self.owners[rows], self.tensors[rows], self.elements[rows])

    def largest(self) -> Operands:
        """One row for each owner and tensor, with the most elements of any."""
        span = 1 + int(self.tensors.max(initial=0))
        pairs = self.owners * span + self.tensors
        order = np.argsort(pairs, kind="stable")
        known, first = np.unique(pairs[order], return_index=True)
        return Operands(*np.divmod(known, span), np.maximum.reduceat(self.elements[order], first))

    def bytes(self, widths: NDArray[np.float64], owners: int) -> NDArray[np.float64]:
        """Bytes of each of so many owners, where an element of a tensor takes `widths`."""
        found = np.zeros(owners)
        np.add.at(found, self.owners, self.elements * widths[self.tensors])
        return found


def columns_of(rows: Iterable[Sequence[int]], count: int) -> list[Numbers]:
    """The columns of rows of `count` numbers each."""
    numbers = np.fromiter(chain.from_iterable(rows), dtype=np.int64)
    return [numbers[place::count] for place in range(count)]
