"""Traffic over two levels of memory: what the last-level cache holds, and what crosses the memory interface."""

from __future__ import annotations

from typing import NamedTuple

from .kernels import Column


class Traffic(NamedTuple):
    """Seconds, and the bytes of each level."""

    seconds: Column
    dram_bytes: Column
    cache_bytes: Column


def traffic(data: Column, cache_size: float, dram: float | Column, cache: float | Column) -> Traffic:
    """Moves `data` bytes a kernel: the share h = 1 / (1 + data / cache_size) at `cache` bytes a second, the rest at `dram`.

    `cache_size` is the part of the cache that a kernel's data find, in bytes. A kernel that fits finds its data on the
    chip, one that is much larger streams; between the two the share falls smoothly.
    """
    held = 1 / (1 + data / cache_size)
    return Traffic(data * (1 - held) / dram + data * held / cache, data * (1 - held), data * held)


def held_share(data: float, capacity: float) -> float:
    """The share of `data` bytes that a memory of `capacity` bytes keeps."""
    return min(1.0, capacity / data) if data else 1.0
