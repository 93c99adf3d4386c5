"""A class as a model around it makes it and calls it: the model is run, and then the part of it alone."""

from __future__ import annotations

import contextlib
import inspect
import os
import types
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from .guess import Assignment, Guess, value
from .inputs import ForwardInputs, ModelInput
from .making import Maker
from .modules import ModuleTracker, class_file
from .outcome import NothingRanError, Run, WrongModelError
from .recorder import Recorder
from .trials import Trials

# The path of a part in the model, and what it was given.
Given = tuple[str, Assignment]


class TrialsAround(Trials):
    """Goes through the ways to construct a model around the class that a request seeks."""

    def __init__(
        self, request: Mapping[str, Any], module: types.ModuleType, recorder: Recorder, tracker: ModuleTracker
    ) -> None:
        super().__init__(request, module, recorder, tracker)
        self._maker = Maker(module, self._names, "")
        self._sought = sought = request["sought"]
        self._given: Given | None = None
        self._reached = 0
        asked = {**request, "wanted": sought["name"], "sought": None, "hints": []}
        asked.update(inputs=sought["inputs"], inputs_origin=sought["inputs_origin"])
        self._part = Trials(asked, module, recorder, tracker)

    def _configured(self) -> list[str]:
        """Also those of the class that is sought and of its file."""
        sought = self._request["sought"]
        stem = os.path.splitext(os.path.basename(sought["file"]))[0]
        return [*super()._configured(), sought["name"], stem]

    def _expressions(self) -> Iterator[tuple[str, str]]:
        """Also the first of several things that a function returns."""
        for expression, origin in super()._expressions():
            yield expression, origin
            if not isinstance(vars(self._module).get(self._request["wanted"]), type):
                yield f"{expression}[0]", origin

    def _run(self, expression: str, origin: str) -> Run:
        model = self._maker.made(expression)
        paths = [path for path, module in model.named_modules() if self._is_sought(module)]
        if not paths:
            words = f"{expression} has no {self._sought['name']} in it"
            raise NothingRanError("find", WrongModelError(words))
        self._given, self._reached = None, 0
        with contextlib.suppress(NothingRanError):
            self._run_model(model, expression, origin)
        path, given = self._given or (paths[0], None)
        part = f"{expression}.get_submodule({path!r})" if path else expression
        self._tracker.watch(None)
        return self._part.run_alone(part, self._words(expression, origin), given)

    def _attempt(
        self, model: nn.Module, inputs: ForwardInputs, assignment: Assignment, built: Mapping[str, Any]
    ) -> tuple[list[ModelInput], object]:
        """Remembers what the part was given, in the try that got furthest."""
        self._tracker.watch(self._is_sought)
        try:
            return super()._attempt(model, inputs, assignment, built)
        finally:
            calls, reached = self._tracker.watched, len(self._recorder.operators)
            if calls and reached >= self._reached:
                path, module, args, kwargs = calls[0]
                self._given, self._reached = (path, _described(module, args, kwargs, self._who())), reached

    def _is_sought(self, module: nn.Module) -> bool:
        cls = type(module)
        return cls.__qualname__ == self._sought["name"] and _same(class_file(cls), self._sought["file"])

    def _who(self) -> str:
        return f"as {self._request['wanted']} in {os.path.basename(self._request['file'])} gives it"

    def _words(self, expression: str, origin: str) -> str:
        place = f"{self._request['wanted']} in {os.path.basename(self._request['file'])}"
        return place if origin in ("defaults", expression) else f"{place}, {origin}"


def _same(file: str | None, other: str) -> bool:
    return file is not None and os.path.realpath(file) == os.path.realpath(other)


def _described(module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], origin: str) -> Assignment:
    """The arguments of a call of `forward`, by parameter."""
    found: dict[str, Guess] = {}
    bound = inspect.signature(module.forward).bind(*args, **kwargs)
    for name, given in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            found.update({f"*{index}": _guess(item, origin) for index, item in enumerate(given)})
        elif kind is inspect.Parameter.VAR_KEYWORD:
            found.update({key: _guess(item, origin) for key, item in given.items()})
        else:
            found[name] = _guess(given, origin)
    return found


def _guess(given: Any, origin: str) -> Guess:
    """An argument as something that can be made anew."""
    if isinstance(given, torch.Tensor):
        dtype = str(given.dtype).rpartition(".")[2]
        return Guess(origin, tuple(given.shape), dtype, real=given.device.type != "meta")
    if type(given) in (list, tuple):
        return Guess(origin, kind=type(given).__name__, items=tuple(_guess(item, origin) for item in given))
    if type(given) is dict:
        return Guess(origin, kind="dict", keys=tuple(given), items=tuple(_guess(v, origin) for v in given.values()))
    return value(origin, given)
