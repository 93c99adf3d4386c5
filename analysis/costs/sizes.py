"""Bytes of tensors at a precision."""

from __future__ import annotations

from collections.abc import Mapping

from ...hardware_profiles import Precision
from ..graph import Graph, Tensor, bytes_of


class Sizes:
    """Element sizes of a graph run at `precision`: what was captured as float32 is stored at that precision."""

    def __init__(self, graph: Graph, precision: Precision) -> None:
        self._tensors = graph.tensors
        self._float = precision.bytes

    def element(self, tensor: int) -> float:
        """Bytes of one element of a tensor."""
        dtype = self._tensors[tensor].dtype
        return self._float if dtype == "float32" else bytes_of(dtype)

    def total(self, elements: Mapping[int, int]) -> float:
        """Bytes of so many elements of each tensor."""
        return sum(count * self.element(tensor) for tensor, count in elements.items())

    def scale(self, tensor: Tensor) -> float:
        """Bytes at this precision per byte as captured."""
        return self.element(tensor.id) / bytes_of(tensor.dtype)
