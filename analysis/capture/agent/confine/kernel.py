"""System calls that Python has no functions for, through ctypes. Linux only."""

from __future__ import annotations

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

_NO_NEW_PRIVILEGES, _DEATH_SIGNAL = 38, 1
_MADV_COLLAPSE = 25


def syscall(number: int, *arguments: object) -> int:
    """The result of a system call. Raises `OSError`."""
    result = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise _last_error()
    return result


def give_up_new_privileges() -> None:
    """No later `execve` can gain rights; the kernel asks for this before it accepts a filter. Raises `OSError`."""
    _prctl(_NO_NEW_PRIVILEGES, 1)


def die_with_parent(signal: int) -> None:
    """Has the kernel send `signal` to this process when its parent ends. Raises `OSError`."""
    _prctl(_DEATH_SIGNAL, signal)


def signal_main_thread(process: int, number: int) -> None:
    """Sends a signal to the first thread of a process: `kill` leaves the choice to the kernel. Raises `OSError`, and
    `AttributeError` where the C library is older than glibc 2.30."""
    if libc.tgkill(process, process, number) != 0:
        raise _last_error()


def move_into_huge_pages(start: int, size: int) -> None:
    """Moves memory of this process into huge pages, now (`MADV_COLLAPSE`, Linux 6.1). Raises `OSError`."""
    if libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), _MADV_COLLAPSE) != 0:
        raise _last_error()


def _prctl(option: int, value: int) -> None:
    zero = ctypes.c_ulong(0)
    if libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero) != 0:
        raise _last_error()


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
