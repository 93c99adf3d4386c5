"""What mappers take: the kernels of a model, one by one or as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..costs import Family, Gemm, Recurrence
from .cpu_work import WORK, work_on_cpu

Column = NDArray[np.float64]
Mask = NDArray[np.bool_]

FAMILIES: tuple[Family, ...] = (
    "convolution", "matmul", "attention", "recurrent", "normalization", "pointwise", "reduction", "pool", "movement",
    "view", "library", "unknown",
)  # fmt: skip
GEMM = ("batch", "m", "n", "k", "taps", "groups", "image_height", "image_width")
_SKINNY = 8
_sizes: Callable[[Gemm], tuple[int, ...]] = attrgetter(*GEMM)
_FIGURES = (
    "flops", "macs", "elements", "bytes", "bytes_activations", "instructions", "row", "softmax_row", "copies", "tiled", "fresh",
    "cleared",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kernel:
    """What a mapper needs to know of a subgraph: its leading family and kind, arithmetic, traffic in bytes and result size.

    `operators` are the kind and family of everything that runs in it. `instructions`: those of vector units that arithmetic
    operations do not count, as of an error function. `irregular`, `row`, `softmax_row`, `twice`, `copies`, `image`, `tiled`
    and `wide`: how tensors are walked, as `Access` has it; `tiled` is negative where a compiler chooses the order of images.
    `fresh`: elements of its results in memory of their own, those of in-place operators left out. `cleared`: bytes in pages
    that the system clears for it; negative where nobody followed the run. `flops_by_work`: its operations by class of work on a
    CPU; by default all are of the leading operator's class. `recurrence`: the steps of a recurrent layer.
    """

    family: Family
    kind: str
    flops: float
    macs: float
    elements: float
    bytes: float
    bytes_activations: float
    gemm: Gemm | None
    operators: tuple[tuple[str, Family], ...] = ()
    instructions: float = 0.0
    irregular: bool = False
    row: float = 0
    softmax_row: float = 0
    twice: bool = False
    copies: float = 0
    image: bool = False
    tiled: float = 0
    wide: bool = False
    fresh: float = 0
    cleared: float = -1
    flops_by_work: tuple[tuple[str, float], ...] = ()
    recurrence: Recurrence | None = None

    @property
    def work(self) -> str:
        """The leading operator's class of work on a CPU."""
        return work_on_cpu(self.family, self.kind, self.gemm)

    @property
    def contiguous_convolution(self) -> bool:
        """Whether it is a convolution on images whose places, not channels, lie side by side."""
        return self.tiled > 0

    @property
    def depthwise(self) -> bool:
        """Whether every group has a single input channel: nothing to multiply as a matrix."""
        return self.family == "convolution" and self.gemm is not None and self.gemm.groups > 1 and (
            self.gemm.k == self.gemm.taps
        )  # fmt: skip


@dataclass(frozen=True)
class Kernels:
    """Kernels as columns: a device is mapped in one pass over all of them. Rows without a matrix product hold zeros there.

    `work` is the place of each kernel's class in `WORK`, `flops_by_work` has a column a class.
    """

    family: NDArray[np.int64]
    kind: NDArray[np.object_]
    flops: Column
    macs: Column
    elements: Column
    bytes: Column
    bytes_activations: Column
    batch: Column
    m: Column
    n: Column
    k: Column
    taps: Column
    groups: Column
    operators: NDArray[np.object_]
    image_height: Column
    image_width: Column
    instructions: Column
    row: Column
    softmax_row: Column
    tiled: Column
    irregular: Mask
    twice: Mask
    copies: Column
    image: Mask
    wide: Mask
    fresh: Column
    cleared: Column
    work: NDArray[np.int64]
    flops_by_work: Column
    recurrence: NDArray[np.object_]

    @classmethod
    def of(cls, kernels: Sequence[Kernel]) -> Kernels:
        """The columns of a list of kernels."""
        operators = np.empty(len(kernels), dtype=np.object_)
        operators[:] = [kernel.operators for kernel in kernels]

        def column(name: str) -> Column:
            return np.array([getattr(kernel, name) for kernel in kernels], dtype=np.float64)

        return cls(
            family=np.array([FAMILIES.index(kernel.family) for kernel in kernels], dtype=np.int64),
            kind=np.array([kernel.kind for kernel in kernels], dtype=np.object_),
            operators=operators,
            irregular=column("irregular") > 0,
            twice=column("twice") > 0,
            image=column("image") > 0,
            wide=column("wide") > 0,
            work=np.array([WORK.index(kernel.work) for kernel in kernels], dtype=np.int64),
            flops_by_work=_flops_by_work(kernels),
            recurrence=np.array([kernel.recurrence for kernel in kernels], dtype=np.object_),
            **dict(zip(GEMM, gemm_sizes([kernel.gemm for kernel in kernels]), strict=True)),
            **{name: column(name) for name in _FIGURES},
        )

    def __getitem__(self, row: int) -> Kernel:
        sizes = [int(getattr(self, name)[row]) for name in GEMM]
        parts = zip(WORK, self.flops_by_work[row].tolist(), strict=True)
        return Kernel(
            family=FAMILIES[int(self.family[row])],
            kind=self.kind[row],
            gemm=Gemm(*sizes) if any(sizes) else None,
            operators=self.operators[row],
            irregular=bool(self.irregular[row]),
            twice=bool(self.twice[row]),
            image=bool(self.image[row]),
            wide=bool(self.wide[row]),
            flops_by_work=tuple((work, flops) for work, flops in parts if flops),
            recurrence=self.recurrence[row],
            **{name: float(getattr(self, name)[row]) for name in _FIGURES},
        )

    def __iter__(self) -> Iterator[Kernel]:
        return (self[row] for row in range(len(self)))

    def __len__(self) -> int:
        return len(self.flops)

    def where(self, rows: Mask) -> Kernels:
        """Some of the rows. Remembered: every device of a sweep asks for the same."""
        key = rows.tobytes()
        if key not in self._chosen:
            chosen = np.flatnonzero(rows)
            columns: list[Any] = [getattr(self, field.name)[chosen] for field in fields(self)]
            self._chosen[key] = Kernels(*columns)
        return self._chosen[key]

    def moving(self, data: Column, activations: Column) -> Kernels:
        """The same kernels with other traffic, as at another precision."""
        return replace(self, bytes=data, bytes_activations=activations)

    def of_family(self, *families: Family) -> Mask:
        """Rows of these families."""
        return _wanted(families)[self.family]

    @cached_property
    def _chosen(self) -> dict[bytes, Kernels]:
        return {}

    @property
    def bytes_weights(self) -> Column:
        """Traffic of parameters and buffers."""
        return self.bytes - self.bytes_activations

    @cached_property
    def products(self) -> Mask:
        """Rows that are matrix products."""
        return self.batch * self.groups * self.m * self.n * self.k > 0

    @cached_property
    def skinny(self) -> Mask:
        """Rows of products with few rows or columns (a matrix-vector product): a tile of them would be mostly padding. Batched
        ones of few rows or columns run in tiles all the same (NeuSight's kernels)."""
        few = np.minimum(self.m, self.n) < np.where(self.batch > 1, 2, _SKINNY)
        return self.of_family("matmul") & self.products & few

    @cached_property
    def contiguous_convolution(self) -> Mask:
        """Rows of convolutions on images whose places, not channels, lie side by side."""
        return self.tiled > 0

    @cached_property
    def depthwise(self) -> Mask:
        """Rows of convolutions with a single input channel a group."""
        return self.of_family("convolution") & self.products & (self.groups > 1) & (self.k == self.taps)


def gemm_sizes(gemms: Sequence[Gemm | None]) -> Column:
    """The sizes of matrix products, those of `GEMM` one below the other; zeros where there is none."""
    found = np.zeros((len(GEMM), len(gemms)))
    rows = [row for row, gemm in enumerate(gemms) if gemm is not None]
    found[:, rows] = list(zip(*[_sizes(gemm) for gemm in gemms if gemm is not None], strict=True)) or 0.0
    return found


def _flops_by_work(kernels: Sequence[Kernel]) -> Column:
    found = np.zeros((len(kernels), len(WORK)))
    for row, kernel in enumerate(kernels):
        for work, flops in kernel.flops_by_work or ((kernel.work, kernel.flops),):
            found[row, WORK.index(work)] += flops
    return found


@cache
def _wanted(families: tuple[Family, ...]) -> Mask:
    """Family number → whether it is among `families`."""
    return np.array([family in families for family in FAMILIES], dtype=np.bool_)
