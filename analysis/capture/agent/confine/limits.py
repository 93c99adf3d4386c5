"""Limits on time, memory and files, and ends that come by themselves. What a platform lacks is left out."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import signal
import struct
import sys
import time
from typing import NamedTuple

if sys.platform != "win32":
    import resource

_FILE_BYTES, _OPEN_FILES = 64 << 20, 512
_GRACE_S = 5

_CAPABILITY_VERSION = 0x20080522
_READ_ALL_FILES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_CAPSET = {"x86_64": 126, "aarch64": 91}


class Limits(NamedTuple):
    """What one capture may use: seconds of wall clock and of processor time, and bytes on top of what torch maps."""

    seconds: float
    memory: int


def apply(limits: Limits) -> None:
    """Limits this process from now on. Its wall clock is the parent's matter; the alarm is for when that is gone."""
    seconds = math.ceil(limits.seconds + time.process_time())
    signal.alarm(math.ceil(limits.seconds) + _GRACE_S)
    _limit(resource.RLIMIT_CPU, seconds + 1, seconds + 1 + _GRACE_S)
    mapped = mapped_bytes()
    if mapped is not None:
        _limit(resource.RLIMIT_AS, mapped + limits.memory)


def apply_lasting() -> None:
    """The limits that are the same for every capture."""
    _limit(resource.RLIMIT_FSIZE, _FILE_BYTES)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when the machine runs out of memory, this process goes first


def mapped_bytes() -> int | None:
    """The size of this process's address space, where the system tells."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return None


def _limit(which: int, soft: int, hard: int | None = None) -> None:
    highest = resource.getrlimit(which)[1]
    wanted = (soft, hard if hard is not None else soft)
    if highest != resource.RLIM_INFINITY:
        wanted = (min(wanted[0], highest), min(wanted[1], highest))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(which, wanted)


def drop_capabilities(machine: str) -> None:
    """Takes root's powers away, all but reading files. Raises `OSError`."""
    from . import kernel

    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    kept = _READ_ALL_FILES if os.geteuid() == 0 else 0
    # Effective, permitted, inheritable; first the lower 32 capabilities, then the upper.
    data = struct.pack("=6I", kept, kept, 0, 0, 0, 0)
    kernel.syscall(_CAPSET[machine], ctypes.c_char_p(header), ctypes.c_char_p(data))
