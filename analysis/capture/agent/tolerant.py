"""Loads a file whose imports fail: looks for them further up in its repository, or stands for what is not installed."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.util
import re
import sys
import types
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from traceback import walk_tb
from typing import TypeVar

from .absent import Absent, AbsentError, AbsentModule, errors, state
from .extensions import NotBuiltError
from .moved import module_moved_to, moved_to
from .partial import Partial
from .removed import had
from .roots import folders_with, is_installed

_T = TypeVar("_T")
_MOST = 40
# Modules by which a circle of imports was entered.
_ENTERED: set[str] = set()
# The modules among which there were no orphans.
_WHOLE: set[str] = set()
_NAME_MISSING = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")


def tolerant(load: Callable[[], _T], path: str) -> _T:
    """What `load` returns, with the modules that it lacks found further up or stood for."""
    finder, partial = _Finder(), Partial()
    sys.meta_path.insert(0, partial)
    sys.meta_path.insert(0, finder)
    state.loading = True
    _forget_orphans()
    try:
        for _ in range(_MOST):
            try:
                return load()
            except ImportError as error:
                if not _remedied(error, path) and not partial.helps(error, path):
                    raise
            except Exception as error:  # the user's code may fail in any way
                if not _installed_fails(error) and not partial.helps(error, path):
                    raise
            _forget_orphans()
        return load()
    finally:
        state.loading = False
        sys.meta_path.remove(finder)
        sys.meta_path.remove(partial)
        if errors:
            for name in [name for name, module in sys.modules.items() if type(module) is AbsentModule]:
                del sys.modules[name]


def _forget_orphans() -> None:
    """Modules whose package failed after them: imported anew, it would not know them."""
    if sys.modules.keys() == _WHOLE:
        return
    for name, module in sorted(sys.modules.items()):
        package = name.rpartition(".")[0]
        if package and package not in sys.modules and getattr(module, "__name__", "") == name:
            del sys.modules[name]
    _WHOLE.clear()
    _WHOLE.update(sys.modules)


def _remedied(error: ImportError, path: str) -> bool:
    """Whether another try may get further: a folder was added to the path, or something is stood for now."""
    if isinstance(error, NotBuiltError):
        errors[error.key] = error
        return True
    unknown = _NAME_MISSING.search(str(error))
    if unknown is not None:
        name, module = unknown.groups()
        if _found_above(module, path, error):
            return True
        if "partially initialized" in str(error):
            return _entered_elsewhere(error)
        holder = sys.modules.get(module)
        if holder is None or holder.__spec__ is None:
            return False
        known = had(name, module)
        moved = moved_to(name, holder) if known is None else known
        if moved is not None:
            setattr(holder, name, moved)
            return True
        setattr(holder, name, Absent(f"{module}.{name}"))
        errors[f"{module}.{name}"] = error
        return True
    if isinstance(error, AbsentError):
        return False
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return _installed_fails(error)
    if _found_above(error.name, path, error):
        return True
    moved = module_moved_to(error.name) if error.name not in errors else None
    if moved is not None:
        sys.modules[error.name] = moved
        return True
    top = error.name.partition(".")[0]
    name = error.name if top in sys.modules or importlib.util.find_spec(top) is not None else top
    if name in errors:
        return False
    errors[name] = error
    return True


def _entered_elsewhere(error: ImportError) -> bool:
    """Imports modules that import each other from another one of them first, as the program does that uses them."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__) if frame.f_code.co_name == "<module>"]
    for name in dict.fromkeys(frame.f_globals.get("__name__") or "" for frame in frames[1:]):
        if name and name not in _ENTERED:
            _ENTERED.add(name)
            with contextlib.suppress(Exception):
                importlib.import_module(name)
                return True
    return False


def _installed_fails(error: Exception) -> bool:
    """Stands for the outermost installed module that raised an error of its own when it was imported."""
    for frame, _ in walk_tb(error.__traceback__):
        code, name = frame.f_code, frame.f_globals.get("__name__") or ""
        if code.co_name == "<module>" and is_installed(code.co_filename):
            known = name in errors
            errors[name] = error
            return not known
    return False


def _found_above(module: str, path: str, error: ImportError) -> bool:
    """Puts the nearest folder further up that has `module` first on the path, and forgets others of its name."""
    top = module.partition(".")[0]
    hidden = top != module and top in sys.modules and not hasattr(sys.modules[top], "__path__")
    for folder in folders_with(module, path, _importing(error)):
        if folder not in sys.path or hidden:
            sys.path.insert(0, folder)
            for name in [name for name in sys.modules if name == top or name.startswith(f"{top}.")]:
                del sys.modules[name]
            importlib.invalidate_caches()
            if hidden:
                _import_from(folder, top)
            return True
    return False


def _import_from(folder: str, name: str) -> None:
    """Imports a package, a folder of Python files, that a file of its name hides: `layers/utils.py` the folder `utils`."""
    spec = PathFinder.find_spec(name, [folder])
    if spec is not None:
        sys.modules[name] = importlib.util.module_from_spec(spec)
        if spec.loader is not None:
            spec.loader.exec_module(sys.modules[name])


def _importing(error: ImportError) -> str:
    """The file whose import failed."""
    files = [frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__)]
    return next((file for file in reversed(files) if not file.startswith("<")), "")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules that are stood for; some are installed and cannot be imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if not any(fullname == name or fullname.startswith(f"{name}.") for name in errors):
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return AbsentModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to execute."""
