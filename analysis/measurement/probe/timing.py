"""Seconds of a call: warm-up, then repetitions until their median is stable or the time is used up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

_LEAST, _MOST = 5, 2000
_WARM_SHARE = 0.15
_IN_A_ROW = 4
_PRECISE = 0.005
_SHORTEST = 20e-6  # shorter calls are timed several at a time: a clock's own call takes about 0.1 us


def seconds_of(
    call: Callable[[], object], device: str, clock: str, limit: float, before: Callable[[], object] | None = None
) -> list[float]:
    """Durations of single calls, in seconds and in order; the calls take about `limit` seconds in all, at least five are made.

    `clock`: wall; or cpu, the processor time of the calling thread, which others on the machine do not lengthen. `before` runs
    before each call and is not timed.
    """
    end = time.monotonic() + limit
    once = _cuda_timer if device == "cuda" else _processor_timer if clock == "cpu" else _wall_timer
    prepare = before or _nothing
    while True:
        prepare()
        first = once(call, 1)
        if time.monotonic() > end - limit * (1 - _WARM_SHARE) or first > limit / _LEAST:
            break
    several = before is None and first < _SHORTEST
    at_a_time = max(1, min(10_000, int(_SHORTEST / max(first, 1e-9)) + 1)) if several else 1
    found: list[float] = []
    while len(found) < _LEAST or (len(found) < _MOST and time.monotonic() < end and not _stable(found)):
        prepare()
        found.append(once(call, at_a_time) / at_a_time)
    return found


def _nothing() -> None:
    """Nothing is to be done before a call."""


def summary(durations: list[float], clock: str) -> dict[str, Any]:
    """Median, the 10th and 90th percentile, and how many there were.

    On the processor's clock, first the fastest of every four in a row is chosen: who shares the machine empties its caches
    now and then.
    """
    chosen = [min(durations[at : at + _IN_A_ROW]) for at in range(0, len(durations), _IN_A_ROW)]
    ordered, kept = sorted(durations), sorted(chosen if clock == "cpu" else durations)
    low, high = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.1, 0.9))
    return {"median": kept[len(kept) // 2], "low": low, "high": high, "repeats": len(durations)}


def _stable(found: list[float]) -> bool:
    """Whether the median is known to about half a percent, by the spread of the middle eight tenths."""
    count = len(found)
    if count < 15 or count % 5:
        return False
    ordered = sorted(found)
    spread = ordered[int(0.9 * count)] - ordered[int(0.1 * count)]
    return bool(spread / 2.5 / count**0.5 < _PRECISE * ordered[count // 2])


def _wall_timer(call: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return time.perf_counter() - start


def _processor_timer(call: Callable[[], object], times: int) -> float:
    start = time.thread_time()
    for _ in range(times):
        call()
    return time.thread_time() - start


def _cuda_timer(call: Callable[[], object], times: int) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    for _ in range(times):
        call()
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end)) / 1e3
