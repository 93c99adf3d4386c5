"""The values that mappers take and return."""

from __future__ import annotations

from dataclasses import dataclass

from ..costs import Family, Gemm


@dataclass(frozen=True, slots=True)
class Kernel:
    """What a mapper needs to know of a subgraph: its leading family and kind, arithmetic, traffic in bytes and result size."""

    family: Family
    kind: str
    flops: float
    macs: float
    elements: int
    bytes: float
    bytes_activations: float
    gemm: Gemm | None
    contiguous_convolution: bool = False

    @property
    def depthwise(self) -> bool:
        """Whether every group has a single input channel: nothing to multiply as a matrix."""
        return self.family == "convolution" and self.gemm is not None and self.gemm.groups > 1 and (
            self.gemm.k == self.gemm.taps
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Allocation:
    """Where a kernel runs. `units_used` of `units` (SMs, cores) hold work, in `waves` rounds of `tiles` pieces.

    `fill` is the share of unit-time slots that hold a piece; `compute_s` and `memory_s` are seconds the arithmetic and the
    traffic take on their own; `alignment` is useful over executed arithmetic (padding to tiles and vector widths).
    """

    units: int
    units_used: int
    tiles: int
    waves: int
    fill: float
    compute_s: float
    memory_s: float
    alignment: float = 1.0
    tile: tuple[int, int] | None = None
