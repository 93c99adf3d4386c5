"""Bytes of tensors at a precision."""

from __future__ import annotations

from collections.abc import Mapping

from ...hardware_profiles import Precision
from ..graph import Graph, Tensor

_DTYPE_BYTES: Mapping[str, int] = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "complex64": 8, "complex128": 16, "complex32": 4,
    "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint8": 1, "bool": 1, "qint8": 1, "quint8": 1, "qint32": 4,
    "uint16": 2, "uint32": 4, "uint64": 8,
}  # fmt: skip


class Sizes:
    """Element sizes of a graph run at `precision`: what was captured as float32 is stored at that precision."""

    def __init__(self, graph: Graph, precision: Precision) -> None:
        self._tensors = graph.tensors
        self._float = precision.bytes

    def element(self, tensor: int) -> float:
        """Bytes of one element of a tensor."""
        dtype = self._tensors[tensor].dtype
        return self._float if dtype == "float32" else _DTYPE_BYTES.get(dtype, 4)

    def total(self, elements: Mapping[int, int]) -> float:
        """Bytes of so many elements of each tensor."""
        return sum(count * self.element(tensor) for tensor, count in elements.items())

    def scale(self, tensor: Tensor) -> float:
        """Bytes at this precision per byte as captured."""
        return self.element(tensor.id) / _DTYPE_BYTES.get(tensor.dtype, 4)
