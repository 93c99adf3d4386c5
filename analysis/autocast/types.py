"""Types of tensors by their names in torch: what autocast may cast, and which of several holds them all."""

from __future__ import annotations

from collections.abc import Iterable

CASTABLE = frozenset({"bfloat16", "float16", "float32"})
_FLOATS = ("bfloat16", "float16", "float32", "float64")


def in_memory_of(captured: str, memory: str) -> str:
    """The type of a tensor captured as `captured` in memory that holds `memory`: a view of halves as complex is complex32."""
    if captured in CASTABLE and memory in CASTABLE:
        return memory
    return "complex32" if (captured, memory) == ("complex64", "float16") else captured


def widest(types: Iterable[str]) -> str | None:
    """PyTorch's promotion among floating-point types: the widest; the two of 16 bits together make float32."""
    floats = {dtype for dtype in types if dtype in _FLOATS}
    if floats == {"float16", "bfloat16"}:
        return "float32"
    return max(floats, key=_FLOATS.index, default=None)
