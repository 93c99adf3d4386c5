"""Where tensors say to be, when a model asks.

Tensors of a capture are on the device `meta`, which code that knows CPUs and GPUs alone does not expect: it would ask for
an extension that is not built, or refuse. When what fails is that, the model is run again with tensors that say
otherwise to the user's code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import torch

from .absent import AbsentError

_INSIDE = ("torch", "_graphperf_agent")
_WANTS_GPU = re.compile(r"\b(on|a|requires?|expected|only) (a )?(gpu|cuda)\b|is_cuda\b", re.IGNORECASE)


class Claim:
    """Whether tensors say to be on the CPU, or on a GPU."""

    cpu = False
    gpu = False

    @classmethod
    def helps(cls, error: BaseException) -> bool:
        """Whether the error is that of an extension, or of a tensor that is not on a GPU; makes the claim if so."""
        if not cls.cpu and isinstance(error, (AbsentError, NameError)):
            cls.cpu = True
            torch.Tensor.device = property(_to_user(torch.Tensor.device.__get__, torch.device("cpu")))  # type: ignore[assignment]
            return True
        if not cls.gpu and isinstance(error, (ValueError, RuntimeError)) and _WANTS_GPU.search(str(error)):
            cls.gpu = True
            torch.Tensor.is_cuda = property(_to_user(torch.Tensor.is_cuda.__get__, True))  # type: ignore[assignment]
            return True
        return False

    @classmethod
    def words(cls) -> list[str]:
        """The assumptions that are made."""
        said = {
            "an extension is not built: the model takes the way of a CPU": cls.cpu,
            "the model wants its tensors on a GPU: they say that they are": cls.gpu,
        }
        return [words for words, made in said.items() if made]


def _to_user(original: Callable[[torch.Tensor], Any], claimed: Any) -> Callable[[torch.Tensor], Any]:
    def told(tensor: torch.Tensor) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__") or ""
        return original(tensor) if caller.partition(".")[0] in _INSIDE else claimed

    return told
