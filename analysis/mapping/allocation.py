"""What mappers return: where each kernel runs, how well it fills the device, and how long its parts take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from .kernels import Column, Mask


@dataclass(frozen=True, slots=True)
class Allocation:
    """Where a kernel runs. `units_used` of `units` (SMs, cores, arrays, tiles) hold work, cut into `tiles` pieces that run in
    `waves`, with `resident` pieces on a unit at a time.

    `fill` is the share of unit-time slots that hold a piece; `compute_s` and `memory_s` are seconds the arithmetic and the
    traffic take on their own; `alignment` is useful over executed arithmetic (padding to tiles and vector widths).
    `conversion_s`: seconds of layout conversions and copies of its operands, before or after; of a recurrent layer, what its
    steps take beyond the longer of both, since some wait for the arithmetic and others for the traffic. `inner_launches`:
    kernels that it launches beyond the first.
    `spared`: the part of its MACs that the algorithm does without (Winograd's), and `spared_energy` of their energy, which is
    less where those that it makes take more each, below 0 where padding takes energy.
    `dram_bytes` cross the memory interface, `cache_bytes` are found on the chip; `cleared_bytes` lie in pages that the system
    clears for it, on a CPU. `tile` is the piece's size in rows and
    columns of the result, where it has one. On the `fallback`, the device itself does not run it.
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
    resident: int = 1
    dram_bytes: float = 0.0
    cache_bytes: float = 0.0
    fallback: bool = False
    conversion_s: float = 0.0
    spared: float = 0.0
    spared_energy: float = 0.0
    cleared_bytes: float = 0.0
    inner_launches: float = 0.0

    @property
    def utilization(self) -> float:
        """Share of the device's slots that hold useful work: neither idle nor padding."""
        return self.fill * self.alignment


@dataclass(frozen=True)
class Allocations:
    """Allocations as columns, in the order of the kernels. Rows without a tile hold zeros there."""

    units: int
    units_used: Column
    tiles: Column
    waves: Column
    fill: Column
    compute_s: Column
    memory_s: Column
    alignment: Column
    tile_rows: Column
    tile_columns: Column
    resident: Column
    dram_bytes: Column
    cache_bytes: Column
    fallback: Column
    conversion_s: Column
    spared: Column
    spared_energy: Column
    cleared_bytes: Column
    inner_launches: Column

    @classmethod
    def empty(cls, units: int, rows: int) -> Allocations:
        """Columns to be filled in with `put`."""
        return cls(units, *np.zeros((_COLUMNS, rows)))

    @classmethod
    def of(cls, allocations: Sequence[Allocation]) -> Allocations:
        """The columns of a list of allocations on one device."""
        found = cls.empty(allocations[0].units if allocations else 0, len(allocations))
        for name in ("units_used", "tiles", "waves", "fill", "compute_s", "memory_s", "alignment", "resident",
                     "dram_bytes", "cache_bytes", "fallback", "conversion_s", "spared", "spared_energy",
                     "cleared_bytes", "inner_launches"):  # fmt: skip
            getattr(found, name)[:] = [getattr(allocation, name) for allocation in allocations]
        for name, index in (("tile_rows", 0), ("tile_columns", 1)):
            getattr(found, name)[:] = [allocation.tile[index] if allocation.tile else 0 for allocation in allocations]
        return found

    @property
    def utilization(self) -> Column:
        """Share of the device's slots that hold useful work: neither idle nor padding."""
        return self.fill * self.alignment

    def put(self, rows: Mask, **columns: Column | float) -> None:
        """Fills rows in; what is not given is 1 for `alignment` and `resident` and 0 else."""
        places = np.flatnonzero(rows)
        for name, values in {"alignment": 1.0, "resident": 1.0, **columns}.items():
            getattr(self, name)[places] = values

    def merge(self, rows: Mask, other: Allocations) -> None:
        """Fills rows in from another table with as many."""
        for field in fields(self)[1:]:
            getattr(self, field.name)[rows] = getattr(other, field.name)

    def __len__(self) -> int:
        return len(self.fill)

    def __getitem__(self, row: int) -> Allocation:
        tile = (int(self.tile_rows[row]), int(self.tile_columns[row]))
        return Allocation(
            units=self.units,
            units_used=int(self.units_used[row]),
            tiles=int(self.tiles[row]),
            waves=int(self.waves[row]),
            fill=float(self.fill[row]),
            compute_s=float(self.compute_s[row]),
            memory_s=float(self.memory_s[row]),
            alignment=float(self.alignment[row]),
            tile=tile if all(tile) else None,
            resident=int(self.resident[row]),
            dram_bytes=float(self.dram_bytes[row]),
            cache_bytes=float(self.cache_bytes[row]),
            fallback=bool(self.fallback[row]),
            conversion_s=float(self.conversion_s[row]),
            spared=float(self.spared[row]),
            spared_energy=float(self.spared_energy[row]),
            cleared_bytes=float(self.cleared_bytes[row]),
            inner_launches=float(self.inner_launches[row]),
        )

    def __iter__(self) -> Iterator[Allocation]:
        return (self[row] for row in range(len(self)))


_COLUMNS = len(fields(Allocations)) - 1
