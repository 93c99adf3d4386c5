"""Stands for modules that a file imports and that are not installed, as long as a model does without them.

While the file is loaded their names can be imported, inherited from and used as decorators, which leave out what they
would do. Once it is loaded, any use of them raises the error that the import would have raised.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import inspect
import re
import sys
import types
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from typing import Any, TypeVar

from torch import nn

from .roots import folders_with

_T = TypeVar("_T")
_MOST = 40
_NAME_MISSING = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")

# What is stood for, modules with all below them, and the error that their import raised.
_errors: dict[str, ImportError] = {}
_loading = False


class AbsentError(ImportError):
    """Something of a module that is not installed is used; `cause` is what its import raised."""

    def __init__(self, name: str) -> None:
        known = [module for module in _errors if f"{name}.".startswith(f"{module}.")]
        self.cause = _errors[max(known, key=len)] if known else ImportError(name)
        super().__init__(str(self.cause))


def tolerant(load: Callable[[], _T], path: str) -> _T:
    """What `load` returns, with the modules that it lacks found further up or stood for."""
    global _loading
    finder = _Finder()
    sys.meta_path.append(finder)
    _loading = True
    try:
        for _ in range(_MOST):
            try:
                return load()
            except ImportError as error:
                if not _remedied(error, path):
                    raise
        return load()
    finally:
        _loading = False
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if type(module) is _AbsentModule]:
            del sys.modules[name]


def left_out() -> list[str]:
    """What was stood for, in words."""
    return [f"{name} is not installed: the model does without it" for name in sorted(_errors)]


def parent_missing(cls: type) -> AbsentError | None:
    """The error that tells which base of a class is missing, if one is."""
    missing = next((base for base in cls.__mro__ if issubclass(base, _Base) and "absent_name" in vars(base)), None)
    return AbsentError(missing.absent_name) if missing is not None else None


def _remedied(error: ImportError, path: str) -> bool:
    """Whether another try may get further: a folder was added to the path, or something is stood for now."""
    unknown = _NAME_MISSING.search(str(error))
    if unknown is not None:
        name, module = unknown.groups()
        if _found_above(module, path):
            return True
        holder = sys.modules.get(module)
        spec = getattr(holder, "__spec__", None)
        if holder is None or spec is None or getattr(spec, "_initializing", False):  # imported in a circle
            return False
        setattr(holder, name, Absent(f"{module}.{name}"))
        _errors[f"{module}.{name}"] = error
        return True
    if not isinstance(error, ModuleNotFoundError) or isinstance(error, AbsentError) or not error.name:
        return False
    if _found_above(error.name, path):
        return True
    top = error.name.partition(".")[0]
    name = error.name if top in sys.modules or importlib.util.find_spec(top) is not None else top
    if name in _errors:
        return False
    _errors[name] = error
    return True


def _found_above(module: str, path: str) -> bool:
    """Puts the nearest folder further up that has `module` first on the path, and forgets others of its name."""
    for folder in folders_with(module, path):
        if folder not in sys.path:
            sys.path.insert(0, folder)
            top = module.partition(".")[0]
            for name in [name for name in sys.modules if name == top or name.startswith(f"{top}.")]:
                del sys.modules[name]
            importlib.invalidate_caches()
            return True
    return False


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
    """Something of a module that is not there."""

    def __init__(self, name: str) -> None:
        self.__dict__["_absent"] = name

    def _used(self) -> None:
        if not _loading:
            raise AbsentError(self._absent)

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "0"
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        self._used()
        return Absent(f"{self._absent}.{name}")

    def __setattr__(self, name: str, value: object) -> None:
        self._used()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As a decorator, the decorated; else something that is not there either."""
        self._used()
        decorated = len(args) == 1 and not kwargs and (inspect.isclass(args[0]) or inspect.isfunction(args[0]))
        return args[0] if decorated else Absent(self._absent)

    def __getitem__(self, key: object) -> Any:
        self._used()
        return self

    def __setitem__(self, key: object, value: object) -> None:
        self._used()

    def __iter__(self) -> Any:
        self._used()
        return iter(())

    def __or__(self, other: object) -> Any:
        self._used()
        return self

    __ror__ = __or__

    def __bool__(self) -> bool:
        return False

    def __fspath__(self) -> str:
        self._used()
        return self._absent

    def __instancecheck__(self, other: object) -> bool:
        return False

    def __subclasscheck__(self, other: object) -> bool:
        return False

    def __mro_entries__(self, bases: Sequence[object]) -> tuple[type, ...]:
        if any(isinstance(base, type) and issubclass(base, nn.Module) for base in bases):
            return ()
        if self._absent.endswith("Module"):
            return (_ModuleBase,)
        return (type(self._absent.rpartition(".")[2], (_Base,), {"absent_name": self._absent}),)


class _AbsentModule(types.ModuleType):
    """A module that is not there, or one below it."""

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "0"
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if not _loading:
            raise AbsentError(f"{self.__name__}.{name}")
        return Absent(f"{self.__name__}.{name}")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules that are stood for, after every other finder."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if not any(fullname == name or fullname.startswith(f"{name}.") for name in _errors):
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to execute."""
