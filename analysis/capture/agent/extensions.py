"""Extensions in C++ and CUDA: a capture builds none. Code that does without where there is no GPU takes that way.

Tensors of a capture are on the device `meta`, which such code does not know: it would ask for the extension. When what
fails is that, the model is run again with tensors that say to be on the CPU.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

import torch

from .absent import AbsentError, AbsentModule, errors

_COMPILER = "torch.utils.cpp_extension"
_INSIDE = ("torch", "_graphperf_agent")


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


class Claim:
    """Whether tensors say to be on the CPU."""

    made = False

    @classmethod
    def helps(cls, error: BaseException) -> bool:
        """Whether the error is that of an extension, and tensors have not said so yet."""
        return not cls.made and isinstance(error, (AbsentError, NameError))

    @classmethod
    def make(cls) -> None:
        """From now on tensors say so to the user's code."""
        cls.made = True
        torch.Tensor.device = property(_on_cpu(torch.Tensor.device.__get__))  # type: ignore[assignment]

    @classmethod
    def words(cls) -> list[str]:
        """The assumption, if it is made."""
        return ["an extension is not built: the model takes the way of a CPU"] if cls.made else []


def _on_cpu(original: Callable[[torch.Tensor], torch.device]) -> Callable[[torch.Tensor], torch.device]:
    host = torch.device("cpu")

    def device(tensor: torch.Tensor) -> torch.device:
        caller = sys._getframe(1).f_globals.get("__name__") or ""
        return original(tensor) if caller.partition(".")[0] in _INSIDE else host

    return device
