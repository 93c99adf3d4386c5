"""What the machine says of itself, as far as torch and the kernel of the system know it."""

from __future__ import annotations

import glob
import os
import platform
from typing import Any

import torch


def description(device: str) -> dict[str, Any]:
    """Names, versions, threads; sizes in bytes, clocks in Hz. What is not known is left out."""
    common = {"torch": torch.__version__.split("+")[0], "threads": torch.get_num_threads()}
    return {**common, **(_gpu() if device == "cuda" else _cpu())}


def _gpu() -> dict[str, Any]:
    found = torch.cuda.get_device_properties(0)
    sizes = {"L2_cache_size": "llc_bytes", "total_memory": "memory_bytes", "multi_processor_count": "units"}
    described = {name: getattr(found, attribute) for attribute, name in sizes.items() if hasattr(found, attribute)}
    capability = f"{found.major}.{found.minor}"
    return {"name": found.name, "capability": capability, "cuda": torch.version.cuda or torch.version.hip, **described}


def _cpu() -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    facts = {"name": _processor(), "cores": cores, **_caches()}
    facts["capability"] = str(getattr(torch.backends.cpu, "get_cpu_capability", lambda: "")())
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        facts["memory_bytes"] = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return facts


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _caches() -> dict[str, int]:
    """`l1_bytes` and `l2_bytes` of one core, `llc_bytes` of the largest cache that this process's first core sees."""
    found: dict[str, int] = {}
    for folder in sorted(glob.glob("/sys/devices/system/cpu/cpu0/cache/index*")):
        kind, level, size = (_text(os.path.join(folder, name)) for name in ("type", "level", "size"))
        if kind == "Instruction" or not size.endswith("K"):
            continue
        number = int(size[:-1]) * 1024
        if level in ("1", "2"):
            found[f"l{level}_bytes"] = number
        found["llc_bytes"] = max(number, found.get("llc_bytes", 0))
    return found


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""
