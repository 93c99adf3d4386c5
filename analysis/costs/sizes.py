"""Bytes of tensors at a precision."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..graph import Graph, Tensor, bytes_of


class Sizes:
    """Element sizes of a graph whose float32 tensors are stored in `width` bytes an element."""

    def __init__(self, graph: Graph, width: float) -> None:
        self._tensors = graph.tensors
        self._float = width

    def element(self, tensor: int) -> float:
        """Bytes of one element of a tensor."""
        dtype = self._tensors[tensor].dtype
        return self._float if dtype == "float32" else bytes_of(dtype)

    @cached_property
    def widths(self) -> NDArray[np.float64]:
        """Bytes of one element of every tensor, by tensor id."""
        known = {
            dtype: self._float if dtype == "float32" else bytes_of(dtype) for dtype in {t.dtype for t in self._tensors}
        }
        return np.array([known[tensor.dtype] for tensor in self._tensors], dtype=np.float64)

    def total(self, elements: Mapping[int, int]) -> float:
        """Bytes of so many elements of each tensor."""
        return sum(count * self.element(tensor) for tensor, count in elements.items())

    def scale(self, tensor: Tensor) -> float:
        """Bytes at this width per byte as captured."""
        return self.element(tensor.id) / bytes_of(tensor.dtype)
