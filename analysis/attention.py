"""Which kernel PyTorch chooses for attention on a GPU: it decides by type, shapes and mask whether the scores stay on chip.

The rules are those of aten/src/ATen/native/transformers/cuda/sdp_utils.cpp at commit 001f694 of PyTorch, for inference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..hardware_profiles import HardwareProfile, Precision
from .graph import Graph, Operator, Tensor
from .numerics import Numerics, stored_as

_KIND = "scaled_dot_product_attention"
_HALF = ("float16", "bfloat16")
_TYPES: Mapping[Precision, str] = {
    Precision.FP64: "float64",
    Precision.FP32: "float32",
    Precision.TF32: "float32",
    Precision.FP16: "float16",
    Precision.BF16: "bfloat16",
}
# check_prefer_cudnn_attention: compute capability 9 and 10
_CUDNN_FAMILIES = ("hopper", "blackwell")


def with_attention(graph: Graph, device: HardwareProfile, numerics: Numerics) -> Graph:
    """`graph` with the attribute `algorithm` on each attention: `flash`, or `math: 3 dimensions` with what forbids better.

    `score_width` is what an element of the scores takes in memory, in elements of the query; 0 when they stay on chip.
    """
    stored = _TYPES.get(stored_as(numerics))
    if device.kind != "gpu" or stored is None or not any(operator.kind == _KIND for operator in graph.operators):
        return graph
    operators = tuple(
        _decided(operator, graph.tensors, device, stored) if operator.kind == _KIND else operator
        for operator in graph.operators
    )
    return replace(graph, operators=operators)


def _decided(operator: Operator, tensors: Sequence[Tensor], device: HardwareProfile, stored: str) -> Operator:
    query, key, value = (operator.input(name) for name in ("query", "key", "value"))
    if query is None or key is None or value is None:
        return operator
    read = tensors[query].dtype
    call = _Call(
        tensors[query], tensors[key], tensors[value], stored if read == "float32" else read,
        operator.input("attn_mask") is not None, bool(operator.attribute("is_causal")),
        Precision.BF16 in device.compute.matrix, device.family.startswith(_CUDNN_FAMILIES),
    )  # fmt: skip
    name, obstacle = call.choice()
    width = 0 if name != "math" else 2 if call.dtype in _HALF else 1  # the math path computes in FP32
    note = f"{name}: {obstacle}" if obstacle else name
    return replace(operator, attributes={**operator.attributes, "algorithm": note, "score_width": width})


@dataclass(frozen=True, slots=True)
class _Call:
    """One attention. `modern`: compute capability 8 or later, which is when tensor cores learned BF16."""

    query: Tensor
    key: Tensor
    value: Tensor
    dtype: str
    masked: bool
    causal: bool
    modern: bool
    prefers_cudnn: bool

    def choice(self) -> tuple[str, str]:
        """The first kernel without an obstacle, and what forbids the fastest."""
        obstacle = self._flash()
        if self.prefers_cudnn and not self._cudnn():
            return "cudnn", ""
        if not obstacle:
            return "flash", ""
        other = self._memory_efficient()
        return ("math", other) if other else ("memory-efficient", obstacle)

    def _any_fused(self) -> str:
        tensors = (self.query, self.key, self.value)
        if any(len(tensor.shape) != 4 for tensor in tensors):
            return f"{len(self.query.shape)} dimensions, 4 are needed"
        if any(tensor.strides[-1] != 1 and tensor.shape[-1] != 1 for tensor in tensors):
            return "the last dimension is not contiguous"
        return "an empty sequence" if 0 in (self.query.shape[2], self.key.shape[2]) else ""

    def _low_precision(self) -> str:
        return "" if self.modern and self.dtype in _HALF else self.dtype if self.modern else "an older GPU"

    def _cudnn(self) -> str:
        sizes = (self.query.shape[-1], self.value.shape[-1])
        fits = all(size % 8 == 0 and size <= 128 for size in sizes) and self.key.shape[-2] != 1
        return self._any_fused() or self._low_precision() or ("" if fits else f"heads of {sizes[0]}")

    def _flash(self) -> str:
        sizes = {tensor.shape[-1] for tensor in (self.query, self.key, self.value)}
        if obstacle := self._any_fused() or self._low_precision():
            return obstacle
        if self.masked:
            return "a mask"
        if len(sizes) > 1 or max(sizes) > 256:
            return f"heads of {' and '.join(map(str, sorted(sizes)))}"
        skewed = self.causal and self.query.shape[-2] != self.key.shape[-2]
        return "causal with sequences of two lengths" if skewed else ""

    def _memory_efficient(self) -> str:
        if obstacle := self._any_fused():
            return obstacle
        if self.dtype not in ("float16", "float32", *(["bfloat16"] if self.modern else [])):
            return self.dtype
        multiple = 8 if self.dtype in _HALF else 4 if self.modern else 1
        query, key, value = (tensor.shape[-1] for tensor in (self.query, self.key, self.value))
        fits = query == key and query % multiple == 0 and value % multiple == 0
        return "" if fits else f"heads of {query}, no multiple of {multiple}"
