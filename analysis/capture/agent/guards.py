"""What the user's code may not do, refused by name at its line, before the operating system would refuse it.

An audit hook sees what Python code asks of the system, on every platform. It is no wall: native code goes past it.
Walls are in `confine`.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from .roots import is_installed

_STANDARD, _AGENT = os.path.dirname(os.__file__), os.path.dirname(__file__)
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class RefusedError(PermissionError):
    """The user's code asked for something that a capture does not do; the text is a sentence for the user."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


class WeightsRefusedError(RuntimeError):
    """The user's code loads weights."""


class EndRefusedError(RuntimeError):
    """The user's code ends the process."""


class DeviceRefusedError(RuntimeError):
    """The user's code uses a device."""


class Guard:
    """Whether refusals are `on`; whether there was one, and whether the user's own code wrote where it may."""

    on, refused, wrote = True, False, False


REFUSALS = (RefusedError, WeightsRefusedError, EndRefusedError, DeviceRefusedError)


def install(scratch: str) -> Guard:
    """Guards this process from now on. Only for a process that ends after the capture."""
    guard = Guard()
    checks = _checks(_Files(scratch, guard))

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        check = checks.get(event)
        if check is not None and guard.on:
            try:
                check(*arguments)
            except RefusedError:
                guard.refused = True
                raise

    sys.addaudithook(audit)
    _guard_ends()
    return guard


def _checks(files: _Files) -> dict[str, Callable[..., None]]:
    table: dict[str, Callable[..., None]] = {
        "open": files.opened,
        "os.mkdir": lambda path, _mode, folder: files.changed("creates the folder", path, folder),
        "os.remove": lambda path, folder: files.changed("deletes", path, folder),
        "os.rmdir": lambda path, folder: files.changed("deletes", path, folder),
        "os.rename": files.moved,
        "os.link": files.moved,
        "os.symlink": lambda _target, path, folder: files.changed("creates", path, folder),
        "os.truncate": lambda path, _length: files.changed("writes to", path),
        "os.system": lambda command: _process(command),
        "subprocess.Popen": lambda program, arguments, *_: _process(arguments or program),
        "os.kill": _signal,
        "os.killpg": lambda group, _signal: _refuse(f"sends a signal to the processes {group}", _SIGNAL),
        "urllib.Request": lambda url, *_: _refuse(f"downloads {url}", _NETWORK),
    }
    for name in ("os.chmod", "os.chown", "os.utime", "os.setxattr", "os.removexattr"):
        table[name] = lambda path, *_: files.attributes(path)
    for name in ("os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "pty.spawn"):
        table[name] = lambda *_, name=name: _refuse(f"starts a process ({name})", _PROCESS)
    for name in ("socket.connect", "socket.bind", "socket.sendto"):
        table[name] = lambda _socket, address, name=name: _refuse(f"{name} {_shown(address)}", _NETWORK)
    for name in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        table[name] = lambda host, *_: _refuse(f"looks up {_shown(host)}", _NETWORK)
    return table


_WRITE = "a capture may only write to its temporary folder"
_PROCESS = "a capture may not start processes"
_SIGNAL = "a capture may not signal other processes"
_NETWORK = "a capture has no network"


def _refuse(what: str, why: str) -> NoReturn:
    raise RefusedError(what, why)


def _shown(value: object) -> str:
    text = os.fsdecode(value) if isinstance(value, (bytes, os.PathLike)) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _process(command: object) -> NoReturn:
    if isinstance(command, (list, tuple)):
        command = " ".join(_shown(part) for part in command)
    _refuse(f"starts a process ({_shown(command)})", _PROCESS)


def _signal(process: int, _number: int) -> None:
    if process != os.getpid():
        _refuse(f"sends a signal to process {process}", _SIGNAL)


class _Files:
    """Refuses changes outside the scratch folder. Descriptors and paths relative to one are left to the system."""

    def __init__(self, scratch: str, guard: Guard) -> None:
        self._scratch, self._guard = os.path.join(os.path.realpath(scratch), ""), guard

    def opened(self, path: object, _mode: object, flags: object) -> None:
        if isinstance(flags, int) and flags & _WRITE_FLAGS:
            self.changed("writes to", path)

    def moved(self, source: object, target: object, source_folder: int, target_folder: int) -> None:
        self.changed("moves or links", source, source_folder)
        self.changed("moves or links to", target, target_folder)

    def changed(self, verb: str, path: object, folder: int = -1) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)) or folder >= 0:
            return
        name = os.fsdecode(path)
        if name != os.devnull and not self._holds(name):
            _refuse(f"{verb} {_shown(name)}", _WRITE)
        self._guard.wrote = self._guard.wrote or _is_users(sys._getframe(1))

    def attributes(self, path: object) -> None:
        _refuse(f"changes permissions or attributes of {_shown(path)}", "a capture may not")

    def _holds(self, name: str) -> bool:
        folder, base = os.path.split(os.path.abspath(name))
        return os.path.join(os.path.realpath(folder), base, "").startswith(self._scratch)


def _is_users(frame: FrameType | None) -> bool:
    """Whether the user's own code asks for something, and no installed package for itself while it is imported."""
    while frame is not None:
        file, name = frame.f_code.co_filename, frame.f_code.co_name
        if is_installed(file):
            if name == "<module>":
                return False
        elif not file.startswith(("<", _STANDARD, _AGENT)):
            return True
        frame = frame.f_back
    return False


def _guard_ends() -> None:
    for name in ("_exit", "abort"):
        end = _ending(f"os.{name}()")
        for module in (os, sys.modules[os.name if os.name == "nt" else "posix"]):
            setattr(module, name, end)


def _ending(name: str) -> Callable[..., NoReturn]:
    def end(*_: object) -> NoReturn:
        raise EndRefusedError(f"ends the process with {name}")

    return end


def install_in_torch() -> None:
    """Weights and GPUs are refused from now on."""
    import torch

    for module, name, full in (
        (torch, "load", "torch.load"),
        (torch.jit, "load", "torch.jit.load"),
    ):
        setattr(module, name, functools.wraps(getattr(module, name))(_loading(full)))
    for module, name, instead in (
        (torch.cuda, "_lazy_init", _no_device),
        (torch.cuda, "is_available", lambda: False),
        (torch.cuda, "device_count", lambda: 0),
        (torch.backends.mps, "is_available", lambda: False),
    ):
        setattr(module, name, functools.wraps(getattr(module, name))(instead))


def _loading(name: str) -> Callable[..., NoReturn]:
    def load(source: object = "", *_: object, **__: object) -> NoReturn:
        shown = f"({_shown(source)})" if isinstance(source, (str, bytes, os.PathLike)) and source else ""
        raise WeightsRefusedError(
            f"{name}{shown} loads weights: a capture runs without them; construct the model without, "
            "for instance with pretrained=False or weights=None"
        )

    return load


def _no_device() -> NoReturn:
    raise DeviceRefusedError(
        "uses a GPU: a capture has none, whatever the hardware it predicts for; choose the device with torch.cuda.is_available()"
    )
