"""Follows `nn.Module`s: which one is running, which line constructed each, where its class is defined."""

from __future__ import annotations

import functools
import linecache
import re
import sys
from collections.abc import Callable
from typing import Any, TypedDict

from torch import nn

from .recorder import Recorder
from .sources import Line, SourceLocator

# File, line and name of a class.
Place = tuple[str, int, str]

# A call that was watched: the module's path, itself, and what it was given.
WatchedCall = tuple[str, nn.Module, "tuple[Any, ...]", "dict[str, Any]"]

# A module as plain values.
ModuleRow = TypedDict(
    "ModuleRow",
    {
        "path": str,
        "class": str,
        "constructed": "tuple[Line, ...]",
        "defined": "Place | None",
        "description": str,
    },
)


class ModuleTracker:
    """Patches `nn.Module` for the rest of this process: construction lines and the stack of running modules."""

    def __init__(self, recorder: Recorder, locator: SourceLocator) -> None:
        self._recorder = recorder
        self._locator = locator
        self._constructed: dict[int, tuple[nn.Module, tuple[Line, ...]]] = {}
        self._paths: dict[int, str] = {}
        self._calls = 0
        self.ran: dict[int, nn.Module] = {}
        self._is_watched: Callable[[nn.Module], bool] | None = None
        self.watched: list[WatchedCall] = []

    def watch(self, chosen: Callable[[nn.Module], bool] | None) -> None:
        """From now on, `watched` has the calls of modules of the model that are `chosen` and return."""
        self._is_watched = chosen

    def install(self) -> None:
        """Wraps `nn.Module.__init__` and `__call__`."""
        module_class: Any = nn.Module
        original_init, original_call = module_class.__init__, module_class.__call__
        constructed, locator = self._constructed, self._locator

        @functools.wraps(original_init)
        def init(module: nn.Module, /, *args: Any, **kwargs: Any) -> None:
            if id(module) not in constructed:
                constructed[id(module)] = (module, locator.constructing_lines(sys._getframe(1), module))
            original_init(module, *args, **kwargs)

        @functools.wraps(original_call)
        def call(module: nn.Module, /, *args: Any, **kwargs: Any) -> Any:
            self._calls += 1
            stack = self._recorder.module_stack
            stack.append((self._paths.get(id(module), stack[-1][0]), self._calls))
            self.ran[id(module)] = module
            before = len(self._recorder.operators)
            try:
                result = original_call(module, *args, **kwargs)
                if self._is_watched is not None and id(module) in self._paths and self._is_watched(module):
                    self.watched.append((self._paths[id(module)], module, args, kwargs))
                if self._recorder.recording and len(self._recorder.operators) == before and args and result is args[0]:
                    self._recorder.record_identity(result)
                return result
            finally:
                stack.pop()

        module_class.__init__ = init
        module_class.__call__ = call

    def forget(self) -> None:
        """Forgets all modules."""
        self.restart()
        self._constructed.clear()
        self._paths.clear()

    def restart(self) -> None:
        """Forgets which modules ran."""
        self._calls = 0
        self.ran.clear()
        self.watched.clear()

    def adopt(self, model: nn.Module) -> None:
        """Names the modules of `model` and its parameters and buffers."""
        for path, module in model.named_modules():
            self._paths.setdefault(id(module), path)
        for name, parameter in model.named_parameters():
            self._recorder.register(parameter, "parameter", name)
        for name, buffer in model.named_buffers():
            self._recorder.register(buffer, "buffer", name)

    def describe(self, model: nn.Module) -> list[ModuleRow]:
        """The modules as plain values, in registration order."""
        described: list[ModuleRow] = []
        for path, module in model.named_modules():
            _, constructed = self._constructed.get(id(module), (None, ()))
            described.append(
                {
                    "path": path,
                    "class": type(module).__name__,
                    "constructed": constructed,
                    "defined": class_place(type(module), self._locator),
                    "description": _description(module),
                }
            )
        return described

    def classes_ran(self, filename: str) -> list[str]:
        """Names of the classes defined in `filename` whose instances ran."""
        names = {type(m).__qualname__ for m in self.ran.values() if class_file(type(m)) == filename}
        return sorted(names)


def class_place(cls: type, locator: SourceLocator) -> Place | None:
    """`(file, line, name)` of a user's class, or None for torch's own."""
    filename = class_file(cls)
    if filename is None or not locator.is_user_file(filename):
        return None
    return filename, _class_line(cls, filename), cls.__name__


@functools.cache
def _class_line(cls: type, filename: str) -> int:
    """The line of the `class` statement: the last one of that name before the class's first function, else the first."""
    codes = [getattr(value, "__code__", None) for value in vars(cls).values()]
    first = min((code.co_firstlineno for code in codes if code is not None and code.co_filename == filename), default=0)
    statement = re.compile(rf"\s*class\s+{re.escape(cls.__name__)}\b")
    found = [number for number, line in enumerate(linecache.getlines(filename), 1) if statement.match(line)]
    before = [number for number in found if number < first]
    return before[-1] if before else (found[0] if found else 1)


def class_file(cls: type) -> str | None:
    """The file that defines `cls`: that of one of its methods, else that of its module."""
    for value in vars(cls).values():
        code = getattr(value, "__code__", None)
        if code is not None and code.co_name in vars(cls) and value.__module__ == cls.__module__:
            return code.co_filename
    return getattr(sys.modules.get(cls.__module__), "__file__", None)


def _description(module: nn.Module) -> str:
    """`3→64, 7×7, stride 2`: what distinguishes a leaf layer, from PyTorch's own `extra_repr`."""
    if next(module.children(), None) is not None:
        return ""
    try:
        return str(module.extra_repr())[:200]
    except Exception:  # a user's extra_repr may fail on meta tensors
        return ""
