"""seccomp: system calls that a capture has no use for fail with EPERM, as if the user lacked the right.

A filter sees numbers, not what pointers point to. So calls are told apart by flags, commands and process ids only;
calls that hide those behind a pointer (`clone3`, `openat2`) do not exist, and the C library falls back to older ones.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Sequence

from . import kernel
from .calls import FIRST_UNKNOWN, MACHINES, number

_PROCESSES = ("fork", "vfork")
_PROGRAMS = ("execve", "execveat", "unshare", "setns")
_SOCKETS = ("socket", "connect", "bind", "listen", "accept", "accept4")
_SHARED = (
    "shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl",
    "mq_open", "mq_unlink", "memfd_create", "memfd_secret", "add_key", "request_key", "keyctl",
)  # fmt: skip
_OTHERS = (
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd", "pidfd_send_signal", "tkill",
    "setpriority", "ioprio_set", "sched_setscheduler", "sched_setparam", "sched_setattr",
)  # fmt: skip
_ATTRIBUTES = (
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes", "utimensat",
    "futimesat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr",
    "removexattrat", "file_setattr", "truncate",
)  # fmt: skip
_SYSTEM = (
    "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
    "mount_setattr", "bpf", "userfaultfd", "perf_event_open", "open_by_handle_at", "name_to_handle_at",
)  # fmt: skip
_FORBIDDEN = (*_PROGRAMS, *_SOCKETS, *_SHARED, *_OTHERS, *_ATTRIBUTES, *_SYSTEM)
_WRITING = (
    "creat", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat",
    "symlink", "symlinkat", "mknod", "mknodat",
)  # fmt: skip
_ABSENT = ("clone3", "openat2", "io_uring_setup", "io_uring_enter", "io_uring_register")

_CLONE_THREAD = 0x10000
_DEATH_SIGNAL = 1  # prctl
_SET_OWNER, _SET_SIGNAL, _SET_OWNER_EX = 8, 10, 15  # fcntl: a signal to whoever when a descriptor is ready
_TYPE_AS_TERMINAL, _TERMINAL_OF_LINUX, _SET_FLAGS, _SET_FLAGS_X = 0x5412, 0x541C, 0x40086602, 0x401C5820  # ioctl
_UNIX, _STREAM, _SOCKET_TYPE = 1, 1, 0xF
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _JUMP, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x05, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_REFUSE, _UNKNOWN = _FAIL | errno.EPERM, _FAIL | errno.ENOSYS
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16

_SET_FILTER, _ALL_THREADS = 1, 1

_Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def supported() -> bool:
    """Whether this kernel takes filters, and one is known for this machine."""
    return platform.machine() in MACHINES and os.path.exists("/proc/sys/kernel/seccomp")


def restrict(*, writing: bool, forks: bool = False) -> None:
    """Installs the filter in every thread. Without `writing`, no file can be opened for it at all. Raises `OSError`.

    A process that `forks` may make processes and signal them; the filters of those add to this one.
    """
    machine = platform.machine()
    if machine not in MACHINES:
        raise OSError(f"no filter for {machine}")
    code = assemble(machine, os.getpid(), writing, forks)
    program = _Program(len(code) // 8, code)
    kernel.give_up_new_privileges()
    call = number("seccomp", machine)
    assert call is not None
    kernel.syscall(call, ctypes.c_uint(_SET_FILTER), ctypes.c_uint(_ALL_THREADS), ctypes.byref(program))


def assemble(machine: str, process: int, writing: bool, forks: bool = False) -> bytes:
    """The filter as the kernel takes it: first the machine, then calls that depend on arguments, then plain ones."""
    code: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, 1, FIRST_UNKNOWN),
        (_RETURN, 0, 0, _UNKNOWN),
    ]
    conditions = _conditions(writing) if forks else {**_on_processes(process), **_conditions(writing)}
    for name, body in conditions.items():
        call = number(name, machine)
        if call is not None:
            code += [(_EQUAL, 0, len(body), call), *body]
    code += _returning(_ABSENT, machine, _UNKNOWN)
    forbidden = _FORBIDDEN if forks else (*_PROCESSES, *_FORBIDDEN)
    code += _returning(forbidden if writing else (*forbidden, *_WRITING), machine, _REFUSE)
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _on_processes(process: int) -> dict[str, list[_Instruction]]:
    """What follows the number of a call that makes or changes processes; each ends by returning."""
    only_own = _only(0, (process,))
    return {
        "clone": _with_bit(0, _CLONE_THREAD),
        "kill": only_own,
        "tgkill": only_own,
        "rt_sigqueueinfo": only_own,
        "rt_tgsigqueueinfo": only_own,
        "prlimit64": _only(0, (0, process)),
        "sched_setaffinity": _only(0, (0, process)),
        "prctl": _never(0, (_DEATH_SIGNAL,)),
    }


def _conditions(writing: bool) -> dict[str, list[_Instruction]]:
    """What follows the number of another call that is allowed for some arguments only."""
    return {
        "fcntl": _never(1, (_SET_OWNER, _SET_SIGNAL, _SET_OWNER_EX)),
        "ioctl": _never(1, (_TYPE_AS_TERMINAL, _TERMINAL_OF_LINUX, _SET_FLAGS, _SET_FLAGS_X)),
        "socketpair": _connected_pair(),
        "open": _opening(1, writing),
        "openat": _opening(2, writing),
    }


def _argument(index: int) -> _Instruction:
    """Loads the low half of an argument: all that these calls look at themselves."""
    return (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * index)


def _choose(index: int, values: Sequence[int], found: int, other: int) -> list[_Instruction]:
    tests = [(_EQUAL, len(values) - position, 0, value) for position, value in enumerate(values)]
    return [_argument(index), *tests, (_RETURN, 0, 0, other), (_RETURN, 0, 0, found)]


def _only(index: int, values: Sequence[int]) -> list[_Instruction]:
    return _choose(index, values, _ALLOW, _REFUSE)


def _never(index: int, values: Sequence[int]) -> list[_Instruction]:
    return _choose(index, values, _REFUSE, _ALLOW)


def _with_bit(index: int, bit: int) -> list[_Instruction]:
    return [_argument(index), (_ANY_BIT, 1, 0, bit), (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]


def _connected_pair() -> list[_Instruction]:
    """Two ends of a stream, as asyncio makes them; a datagram socket could still be pointed elsewhere."""
    return [
        _argument(0), (_EQUAL, 0, 3, _UNIX),
        _argument(1), (_AND, 0, 0, _SOCKET_TYPE), (_EQUAL, 1, 0, _STREAM),
        (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW),
    ]  # fmt: skip


def _opening(index: int, writing: bool) -> list[_Instruction]:
    """Opening a file. Where Landlock decides who may write, only truncating while reading: its old versions allow it."""
    if not writing:
        return [_argument(index), (_ANY_BIT, 0, 1, _WRITE_FLAGS), (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return [
        _argument(index), (_AND, 0, 0, os.O_ACCMODE | os.O_TRUNC), (_EQUAL, 0, 1, os.O_RDONLY | os.O_TRUNC),
        (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW),
    ]  # fmt: skip


def _returning(names: Sequence[str], machine: str, verdict: int) -> list[_Instruction]:
    calls = [call for call in (number(name, machine) for name in names) if call is not None]
    tests = [(_EQUAL, len(calls) - position, 0, call) for position, call in enumerate(calls)]
    return [*tests, (_JUMP, 0, 0, 1), (_RETURN, 0, 0, verdict)]
