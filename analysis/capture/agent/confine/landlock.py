"""Landlock: the process may read files, and write only below given folders. Linux 5.13 and newer.

Older versions of Landlock know fewer rights; `confine.seccomp` forbids what those leave open.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from . import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
# Rights that came with each version: on the file system (bits 0–12 first), for TCP, and against other processes.
_FILE_RIGHTS = ((1, (1 << 13) - 1), (2, 1 << 13), (3, _TRUNCATE), (5, 1 << 15))
_TCP_VERSION, _TCP_RIGHTS = 4, 0b11
_SCOPE_VERSION, _SCOPES = 6, 0b11  # abstract Unix sockets, signals


def version() -> int:
    """Landlock's version in this kernel; 0 where there is none."""
    try:
        return kernel.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    except OSError:
        return 0


def restrict(writable: Iterable[str]) -> int:
    """Makes all but `writable` read-only from now on, and executes no file; returns the version. Raises `OSError`."""
    known = version()
    if known < 1:
        raise OSError("this kernel has no Landlock")
    rights = sum(bits for since, bits in _FILE_RIGHTS if known >= since)
    ruleset = _ruleset(known, rights)
    try:
        _allow(ruleset, "/", _READ_FILE | _READ_FOLDER)
        for path in writable:
            _allow(ruleset, path, rights & ~_EXECUTE)
        kernel.give_up_new_privileges()
        kernel.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return known


def _ruleset(known: int, rights: int) -> int:
    fields = [rights]
    if known >= _TCP_VERSION:
        fields.append(_TCP_RIGHTS)
    if known >= _SCOPE_VERSION:
        fields.append(_SCOPES)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    return kernel.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))


def _allow(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
        rule = struct.pack("=Qi", rights, place)
        kernel.syscall(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(place)
