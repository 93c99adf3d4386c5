"""Extensions in C++ and CUDA: a capture builds none. Code that does without where there is no GPU takes that way."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from typing import Any

from .absent import AbsentModule, errors

_COMPILER = "torch.utils.cpp_extension"


class NotBuiltError(ImportError):
    """An extension is to be built; `key` is what stands for it."""

    def __init__(self, name: str) -> None:
        self.key = f"the extension {name}"
        super().__init__(f"{self.key} is not built: a capture does not compile C++ or CUDA")


def _load(name: str, *_: object, **__: object) -> types.ModuleType:
    """Stands for `load` and `load_inline`: fails first, so that code with another way takes it."""
    error = NotBuiltError(name)
    if error.key not in errors:
        raise error
    return AbsentModule(error.key)


class Hook(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Replaces the functions that build once their module is imported, which takes long and few models need."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != _COMPILER:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            self._loader: Any = spec.loader
            spec.loader = self
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        self._loader.exec_module(module)
        for name in ("load", "load_inline", "_import_module_from_library"):
            setattr(module, name, _load)


def install() -> None:
    """Builds nothing from now on."""
    sys.meta_path.insert(0, Hook())
    if _COMPILER in sys.modules:
        Hook().exec_module(sys.modules[_COMPILER])
