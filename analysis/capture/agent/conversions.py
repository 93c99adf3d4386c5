"""Conversions to FP32 of what is FP32 already: they do nothing in the capture, and cast where autocast made the tensor half.

`.to(x.dtype)` is not recorded: in FP32 it cannot be told from which tensor the type comes.
"""

from __future__ import annotations

import functools
import linecache
import re
import sys
from collections.abc import Callable
from typing import Any

import torch

from .recorder import Recorder
from .values import is_meta

_WRITTEN_OUT = re.compile(r"\.to\(.*\btorch\.float(32)?\b")


def install(recorder: Recorder) -> None:
    """Replaces the methods by recording ones. Only for a process that ends after the capture."""
    for name in ("float", "type_as", "to"):
        setattr(torch.Tensor, name, _recording(recorder, getattr(torch.Tensor, name)))


def _recording(recorder: Recorder, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def convert(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = original(tensor, *args, **kwargs)
        if result is not tensor or not recorder.recording or tensor.dtype != torch.float32 or not is_meta(tensor):
            return result
        others = [value for value in (*args, *kwargs.values()) if isinstance(value, torch.Tensor)]
        if not others and original.__name__ == "to" and not _is_written_out():
            return result
        recorder.recording = False
        result = torch.ops.aten.alias.default(tensor)  # an object of its own: the tensor itself keeps its type
        recorder.recording = True
        recorder.record_atom("to", [("self", tensor), *(("other", other) for other in others)], [result], {})
        return result

    return convert


def _is_written_out() -> bool:
    """Whether the line that calls the method names the type, as `.to(torch.float32)`."""
    frame = sys._getframe(2)
    return _WRITTEN_OUT.search(linecache.getline(frame.f_code.co_filename, frame.f_lineno)) is not None
