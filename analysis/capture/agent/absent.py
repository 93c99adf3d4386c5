"""Stands for what a file imports and what is not installed, as long as a model does without it.

While the file is loaded their names can be imported, inherited from and used as decorators, which leave out what they
would do. Once it is loaded, any use of them raises the error that the import would have raised.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Sequence
from typing import Any

from torch import nn

from .alike import alike, has_alike, stand_in, taken

# What is stood for, modules with all below them, and the error that their import, or making them, raised.
errors: dict[str, Exception] = {}


# How classes that are modules are called.
_LIKE_A_MODULE = re.compile(r"(Module|Model|Layer)$")


class _State:
    """Whether the file is being loaded."""

    loading = False


state = _State()


class AbsentError(ImportError):
    """Something of a module that is not installed is used; `cause` is what its import raised."""

    def __init__(self, name: str) -> None:
        known = [module for module in errors if f"{name}.".startswith(f"{module}.")]
        self.cause = errors[max(known, key=len)] if known else ImportError(name)
        super().__init__(str(self.cause))


def left_out() -> list[str]:
    """What was stood for, in words."""
    done_without = [
        f"{name} {_why(name, error)}: the model does without it"
        for name, error in sorted(errors.items())
        if not any(words.startswith(f"{name}.") for words in taken)
    ]
    return [*done_without, *taken]


def _why(name: str, error: Exception) -> str:
    if not isinstance(error, ImportError):
        return f"cannot be made ({type(error).__name__})"
    return "is not built" if name.startswith("the extension ") else "is not installed"


def used_in(error: BaseException) -> AbsentError | None:
    """The error that tells what is missing where PyTorch only says that it was given something else than it takes."""
    trace = error.__traceback__ if isinstance(error, TypeError) and "Absent" in str(error) else None
    found: AbsentError | None = None
    while trace is not None:
        names = trace.tb_frame.f_code.co_names
        given = (trace.tb_frame.f_globals.get(name) for name in names)
        found = next((AbsentError(value._absent) for value in given if isinstance(value, Absent)), found)
        trace = trace.tb_next
    return found


def parent_missing(cls: type) -> AbsentError | None:
    """The error that tells which base of a class is missing, if one is."""
    missing = next((base for base in cls.__mro__ if issubclass(base, _Base) and "absent_name" in vars(base)), None)
    return AbsentError(missing.absent_name) if missing is not None else None


class _Base:
    """Stands for a class to inherit from; its instances cannot be made."""

    absent_name: str

    def __init__(self, *_: object, **__: object) -> None:
        raise parent_missing(type(self)) or AbsentError("")


class _ModuleBase(nn.Module):
    """Stands for a kind of `nn.Module` to inherit from: `LightningModule`, `BaseModule`."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()


class Absent:
    """Something of a module that is not there. What the file stores in it while it is loaded can be read later."""

    def __init__(self, name: str) -> None:
        self.__dict__["_absent"] = name

    def _used(self) -> None:
        if not state.loading:
            raise AbsentError(self._absent)

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "0"
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        whole = f"{self._absent}.{name}"
        if not has_alike(whole):
            self._used()
        return Absent(whole)

    def __setattr__(self, name: str, value: object) -> None:
        self._used()
        self.__dict__[name] = value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As a decorator, the decorated; else what PyTorch has that is alike, or something that is not there either."""
        known = stand_in(self._absent)
        if known is not None:
            return known(*args, **kwargs)
        if not state.loading:
            found = alike(self._absent, args, kwargs)
            if found is not None:
                return found
        self._used()
        decorated = len(args) == 1 and not kwargs and (inspect.isclass(args[0]) or inspect.isfunction(args[0]))
        return args[0] if decorated else Absent(self._absent)

    def __getitem__(self, key: object) -> Any:
        if isinstance(key, str) and key in self.__dict__:
            return self.__dict__[key]
        self._used()
        return self

    def __setitem__(self, key: object, value: object) -> None:
        self._used()
        if isinstance(key, str):
            self.__dict__[key] = value

    def __iter__(self) -> Any:
        self._used()
        return iter(())

    def _with(self, other: object) -> Any:
        self._used()
        return self

    def _as_number(self, *_: object) -> Any:
        self._used()
        raise TypeError(f"{self._absent} is no number")

    __int__ = __index__ = __float__ = __len__ = __lt__ = __le__ = __gt__ = __ge__ = _as_number
    __or__ = __ror__ = __add__ = __radd__ = __sub__ = __rsub__ = _with
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = _with

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return self._absent

    def __fspath__(self) -> str:
        self._used()
        return self._absent

    def __instancecheck__(self, other: object) -> bool:
        return getattr(other, "stands_for", "") == self._absent.rpartition(".")[2]

    def __subclasscheck__(self, other: object) -> bool:
        return False

    def __mro_entries__(self, bases: Sequence[object]) -> tuple[type, ...]:
        if any(isinstance(base, type) and issubclass(base, nn.Module) for base in bases):
            return ()
        known = stand_in(self._absent)
        if isinstance(known, type):
            return (known,)
        if _LIKE_A_MODULE.search(self._absent):
            return (_ModuleBase,)
        return (type(self._absent.rpartition(".")[2], (_Base,), {"absent_name": self._absent}),)


class AbsentModule(types.ModuleType):
    """A module that is not there, or one below it."""

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "0"
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if not state.loading and not has_alike(f"{self.__name__}.{name}"):
            raise AbsentError(f"{self.__name__}.{name}")
        return Absent(f"{self.__name__}.{name}")
