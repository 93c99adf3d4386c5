"""Joules that a device's own counter has seen: NVML's of a GPU, RAPL's of a processor. None where there is none."""

from __future__ import annotations

import glob
import importlib
import time
from collections.abc import Callable
from typing import Any

Counter = Callable[[], float]
_SECONDS = 1.0  # counters step every 20 to 100 ms


def counter(device: str) -> Counter | None:
    """The counter of a device, in joules from some start."""
    return _nvml() if device == "cuda" else _rapl()


def joules_of(call: Callable[[], object], settle: Callable[[], object], device: str) -> tuple[float, float] | None:
    """Joules of one call and watts while it is repeated for a second."""
    read = counter(device)
    if read is None:
        return None
    settle()
    begin, start, calls = read(), time.perf_counter(), 0
    while time.perf_counter() - start < _SECONDS:
        call()
        settle()
        calls += 1
    used, seconds = read() - begin, time.perf_counter() - start
    return (used / calls, used / seconds) if used > 0 else None


def idle_watts(device: str) -> float | None:
    """Watts while this process does nothing."""
    read = counter(device)
    if read is None:
        return None
    begin, start = read(), time.perf_counter()
    time.sleep(_SECONDS)
    return (read() - begin) / (time.perf_counter() - start)


def _nvml() -> Counter | None:
    try:
        nvml: Any = importlib.import_module("pynvml")  # of nvidia-ml-py too

        nvml.nvmlInit()
        handle: Any = nvml.nvmlDeviceGetHandleByIndex(0)
        nvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except Exception:  # not installed, or a GPU without the counter
        return None
    return lambda: float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3


def _rapl() -> Counter | None:
    """The sum of all processor packages. A counter that wraps around within a second of use gives a negative difference."""
    files = glob.glob("/sys/class/powercap/intel-rapl:?/energy_uj")

    def read() -> float:
        total = 0
        for name in files:
            with open(name, encoding="utf-8") as file:
                total += int(file.read())
        return total / 1e6

    try:
        read()
    except (OSError, ValueError):
        return None
    return read if files else None
