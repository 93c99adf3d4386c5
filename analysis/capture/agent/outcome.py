"""How tries to run a model end: with a run, or with an error and how much it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from .absent import AbsentError
from .guards import REFUSALS
from .guess import tensors_of
from .inputs import ModelInput
from .recorder import Recorder
from .values import is_meta


@dataclass
class Run:
    """A model that ran, what constructed it, and what it was given."""

    model: nn.Module
    expression: str
    origin: str
    inputs: Sequence[ModelInput]
    result: object


class NothingRanError(Exception):
    """Neither the file's ways to construct the model nor the guessed ones led to a run; `words` say what was tried."""

    def __init__(self, stage: str, error: BaseException, words: str = "") -> None:
        super().__init__(str(error))
        self.stage, self.error, self.words = stage, error, words


class NoArgumentsError(Exception):
    """No guess was accepted: the first error, and the arguments that raised it in words."""

    def __init__(self, error: BaseException, arguments: str) -> None:
        super().__init__(str(error))
        self.error, self.arguments = error, arguments


class TooSmallError(ValueError):
    """The model ran and there was nothing left at its end."""


class WrongModelError(TypeError):
    """An expression gave something else than the model that was asked for."""


def check_not_empty(result: object, recorder: Recorder) -> None:
    """Raises `TooSmallError` when the input was used up on the way. What the code itself made without elements, as a list of
    findings to be filled, is meant so."""
    if any(tensor.numel() == 0 and is_meta(tensor) for tensor in tensors_of(result)):
        raise TooSmallError("the input is too small: the output has no elements")
    for operator in recorder.operators:
        if "conv" in operator["kind"]:
            shapes = [recorder.tensors[place][0] for place in operator["outputs"]]
            if any(len(shape) > 1 and shape[1] == 0 for shape in shapes):
                raise TooSmallError("a convolution has no channels")
            if any(0 in shape for shape in shapes):
                raise TooSmallError("the input is too small: a convolution has nothing left")


def refuses(error: BaseException) -> bool:
    """Whether a capture does not do what the code asked for: no other argument helps, so this is what to tell."""
    return isinstance(error, (*REFUSALS, AbsentError))


def telling(failure: NothingRanError) -> int:
    """How much a failure says of the model itself."""
    if isinstance(failure.error, WrongModelError):
        return 0
    missing = isinstance(failure.error, TypeError) and "missing" in str(failure.error)
    return 3 if failure.stage == "forward" else 1 if missing else 2
