"""Makes the model of an expression, evaluated in the user's file."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

from torch import nn

from . import assumed
from .file_classes import BORROWED
from .outcome import NothingRanError, WrongModelError


class Maker:
    """Evaluates expressions in `module`, with `names` beside its own; `wanted` is the class that the model is to have in it."""

    def __init__(self, module: types.ModuleType, names: Mapping[str, Any], wanted: str) -> None:
        self._module, self._names, self._wanted = module, names, wanted

    def made(self, expression: str) -> nn.Module:
        """The model, in evaluation mode. Raises `NothingRanError`."""
        assumed.MADE.clear()
        try:
            value = self._evaluate(expression)
            if not isinstance(value, nn.Module):
                raise WrongModelError(f"{expression} gave {type(value).__name__}, not an nn.Module")
            wanted = self._wanted
            if wanted and self._is_another(wanted):
                raise WrongModelError(
                    f"{wanted} is {_full_name(vars(self._module)[wanted])} here: a condition around the class does not hold"
                )
            if wanted and not any(base.__name__ == wanted for m in value.modules() for base in type(m).__mro__):
                raise WrongModelError(f"{expression} has no {wanted} in it")
        except BaseException as error:  # the user's code may end the program
            if self._undefined(error):
                words = f"importing the file does not define {self._wanted}: a condition around it does not hold"
                raise NothingRanError("find", WrongModelError(words)) from error
            raise NothingRanError("construct", error) from error
        _evaluating(value)
        return value

    def _is_another(self, wanted: str) -> bool:
        """Whether the file gives the name to a class of an installed package."""
        cls = vars(self._module).get(wanted)
        return isinstance(cls, type) and all(base.__name__ != wanted for base in cls.__mro__)

    def _undefined(self, error: BaseException) -> bool:
        """Whether the wanted class itself is what is not defined."""
        return isinstance(error, NameError) and str(error) == f"name {self._wanted!r} is not defined"

    def _evaluate(self, expression: str) -> object:
        return eval(expression, vars(self._module), Names(self._module, self._names))


def _evaluating(model: nn.Module) -> None:
    """Puts a model into evaluation mode, whatever its own `train` does or returns."""
    try:
        model.eval()
    except Exception:  # one's own `train` may be another method altogether
        for part in model.modules():
            part.training = False


def _full_name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


class Names(dict[str, object]):
    """A module's attributes as local names, those that its `__getattr__` makes on demand too, then what guesses use."""

    def __init__(self, module: types.ModuleType, others: Mapping[str, Any]) -> None:
        super().__init__()
        self._module, self._others = module, others

    def __missing__(self, name: str) -> object:
        try:
            return getattr(self._module, name)
        except AttributeError:
            return BORROWED[name] if name in BORROWED else self._others[name]
