"""Tries in a confined process what it must not be able to do, and says what holds."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import resource
import signal
import socket
import stat
import sys
import tempfile
from collections.abc import Callable
from typing import TypedDict

from .confine import Limits

_NO_PROGRAM = "/nonexistent/program"


class Guarantee(TypedDict):
    """One promise, in words, and whether this platform keeps it."""

    name: str
    text: str
    holds: bool


def probe(folder: str, parent: int, limits: Limits) -> list[Guarantee]:
    """What holds in this process, which is confined to `folder`."""
    outside = os.path.join(os.path.dirname(folder), "outside")
    tried: list[tuple[str, str, Callable[[], object]]] = [
        ("files", "no file outside the temporary folder can be written", lambda: _write(outside)),
        ("attributes", "no permissions or times of files can be changed", _keep_permissions),
        ("tcp", "no TCP connections", lambda: _socket(socket.AF_INET, socket.SOCK_STREAM)),
        ("udp", "no UDP packets", lambda: _socket(socket.AF_INET, socket.SOCK_DGRAM)),
        ("unix", "no Unix sockets", lambda: _socket(socket.AF_UNIX, socket.SOCK_STREAM)),
        ("processes", "no new processes", _fork),
        ("signals", "no signals to other processes", lambda: os.kill(parent, 0)),
        ("memory", f"at most {limits.memory >> 30} GB of memory", lambda: mmap.mmap(-1, limits.memory + (1 << 30))),
    ]
    guarantees = [Guarantee(name=name, text=text, holds=_fails(attempt)) for name, text, attempt in tried]
    guarantees += [
        Guarantee(name="programs", text="no other program is executed", holds=not _may_execute()),
        Guarantee(name="processor", text="the processor time is limited", holds=_limited(resource.RLIMIT_CPU)),
        Guarantee(name="orphans", text="a capture ends with its agent, however that ends", holds=_dies_with_parent()),
        Guarantee(name="scratch", text="the temporary folder can be written", holds=not _fails(lambda: _use(folder))),
    ]
    return guarantees


def _fails(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, AttributeError):
        return True
    return False


def _write(path: str) -> None:
    open(path, "w").close()
    os.remove(path)


def _keep_permissions() -> None:
    os.chmod(__file__, stat.S_IMODE(os.stat(__file__).st_mode))


def _socket(family: int, kind: int) -> None:
    socket.socket(family, kind).close()


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _may_execute() -> bool:
    """Without the right, the call fails before it looks for the program."""
    try:
        os.execv(_NO_PROGRAM, [_NO_PROGRAM])
    except OSError as error:
        return error.errno != errno.EPERM


def _use(folder: str) -> None:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"x")


def _limited(which: int) -> bool:
    return resource.getrlimit(which)[1] != resource.RLIM_INFINITY


def _dies_with_parent() -> bool:
    if sys.platform != "linux":
        return False
    chosen = ctypes.c_int(0)
    ctypes.CDLL(None).prctl(2, ctypes.byref(chosen), 0, 0, 0)  # PR_GET_PDEATHSIG
    return chosen.value == signal.SIGKILL
