"""Why a capture failed, in words and with the user's line: from an exception, or from what a killed process left."""

from __future__ import annotations

import errno
import os
import re
import signal
import traceback
from collections.abc import Iterator
from typing import NamedTuple

from .guards import REFUSALS
from .sources import SourceLocator, line_of

_NO_MEMORY = re.compile(r"can't allocate memory|Cannot allocate memory|not enough memory|bad_alloc|out of memory", re.I)
_BLOCKED = re.compile(r"Operation not permitted|Permission denied|Read-only file system", re.I)
_NO_GPU = re.compile(r"No CUDA GPUs|no NVIDIA driver|not compiled with CUDA|CUDA_VISIBLE_DEVICES", re.I)
_NO_NETWORK = re.compile(r"Max retries exceeded|Name or service not known|name resolution|Connection refused", re.I)
# Of `assumed`: the user's code has no such names.
_STAND_IN = re.compile(
    r"'(Assumed|Branch|Space)' object|'(Assumed|Branch|Space)'|<_graphperf_agent\.[\w.]+ object at \w+>"
)
_NO_THREAD = re.compile(r"can't start new thread|pthread_create", re.I)
_FRAME = re.compile(r'^  File "(.*)", line (\d+) in ', re.M)
_RIGHTS = "a capture may not write outside its temporary folder, use the network, start processes or signal others"
_CRASHES = frozenset(["SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP", "SIGSYS"])


class Verdict(NamedTuple):
    """The stage and the sentence of a failure."""

    stage: str
    message: str


def explain(error: BaseException, memory: int) -> str:
    """One line about an exception from the user's code; `memory` is the limit in bytes."""
    for cause in _chain(error):
        if isinstance(cause, REFUSALS):
            return str(cause)
    words = first_line(error)
    if isinstance(error, SystemExit):
        return f"ends the program with sys.exit({'' if error.code is None else repr(error.code)})"
    if isinstance(error, MemoryError) or _NO_MEMORY.search(words):
        return f"needs more memory than the {gigabytes(memory)} that a capture may use ({words})"
    if lacks_threads(error):
        return f"{words}: it starts more threads than the limits of a capture allow"
    if _NO_GPU.search(words):
        return f"uses a GPU, and a capture has none ({words})"
    if isinstance(error, OSError) and _NO_NETWORK.search(words):
        return f"uses the network, and a capture has none ({words})"
    if _is_blocked(error) or (isinstance(error, RuntimeError) and _BLOCKED.search(words)):
        return f"{words}: {_RIGHTS}"
    return words


def lacks_threads(error: BaseException) -> bool:
    """Whether no further thread could be started: the next try has the ones of this try against it, too."""
    return bool(_NO_THREAD.search(str(error)))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        reason = getattr(current, "reason", None)  # urllib.error.URLError
        context = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or context or (reason if isinstance(reason, BaseException) else None)


def _is_blocked(error: BaseException) -> bool:
    """Whether the limits of a capture may be why an operating system call failed: not for files nobody may read."""
    if not isinstance(error, OSError) or error.errno not in (errno.EPERM, errno.EACCES, errno.EROFS):
        return False
    name = error.filename
    if not isinstance(name, (str, bytes)):
        return True
    return os.access(name if os.path.exists(name) else os.path.dirname(os.path.abspath(name)), os.W_OK)


def first_line(error: BaseException) -> str:
    """The exception as Python shows it, without further lines."""
    text = str(error).strip().splitlines()
    words = _STAND_IN.sub("what stands for an object that no code defines", text[0] if text else "")
    if isinstance(error, SyntaxError):
        return f"syntax error: {error.msg}"
    if type(error).__module__.startswith(f"{__package__}."):
        return words
    return (
        f"{type(error).__name__}: {words}" if words else traceback.format_exception_only(type(error), error)[-1].strip()
    )


def gigabytes(size: int) -> str:
    """8 GB"""
    return f"{size / (1 << 30):g} GB"


def place(report: str, target: str | None, locator: SourceLocator) -> tuple[str, int] | None:
    """The user's line in what `faulthandler` wrote of the stack when the process was stopped or crashed."""
    stack = report.rpartition("(most recent call first):")[2]
    frames = [(_path(name, target), int(line)) for name, line in _FRAME.findall(stack)]
    return line_of([frame for frame in reversed(frames) if locator.is_user_file(frame[0])], target)


def _path(written: str, target: str | None) -> str:
    r"""faulthandler writes other than ASCII signs as \xe9, \u20ac, \U0001f600, and cuts after 500."""
    if target is not None and written.removesuffix("...") == _escaped(target)[: len(written.removesuffix("..."))]:
        return target
    return re.sub(
        r"\\(?:x(\w{2})|u(\w{4})|U(\w{8}))", lambda found: chr(int(next(filter(None, found.groups())), 16)), written
    )


def _escaped(path: str) -> str:
    return path.encode("ascii", "backslashreplace").decode()


def cause_of_death(status: int, last_words: str, seconds: float, memory: int) -> Verdict:
    """What a process that ended without an answer died of."""
    if not os.WIFSIGNALED(status):
        return Verdict("crash", f"the model's code ended the process with status {os.WEXITSTATUS(status)}")
    name = signal.Signals(os.WTERMSIG(status)).name
    if name == "SIGXCPU":
        return Verdict("timeout", f"used more than {seconds:g} s of processor time")
    if _NO_MEMORY.search(last_words):
        return Verdict("crash", f"needs more memory than the {gigabytes(memory)} that a capture may use ({name})")
    if name in _CRASHES:
        words = last_words.strip().splitlines()
        detail = f": {words[-1][:200]}" if words and name == "SIGABRT" else ""
        return Verdict("crash", f"the model's code crashed the interpreter ({name}){detail}")
    if name == "SIGKILL":
        return Verdict("crash", "the model's code was killed, for instance because the machine ran out of memory")
    return Verdict("crash", f"the model's code was killed by {name}")
