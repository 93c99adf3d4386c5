"""Replaces what makes no sense without data or a device: compilers, autocast on meta tensors, tensors turned into lists.

Only for a process that ends after the capture. The user's code runs as written; a compiled or scripted part is the part
itself, so that its operators are seen.
"""

from __future__ import annotations

import functools
import gc
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from . import without
from .values import is_meta, to_meta

if TYPE_CHECKING:
    from .recorder import Recorder

_AUTOCAST = "torch.autocast in the code is not followed: the estimate is for the precision that is asked for"
_AUTOCAST_WORDS = "torch.autocast in the code is not followed: --precision amp runs the whole model under it"


def install(recorder: Recorder) -> None:
    """Puts the stand-ins in place."""
    for name, function in list(vars(torch.nn.init).items()):
        if name.endswith("_") and not name.startswith("_") and callable(function):
            setattr(torch.nn.init, name, _untouched(function))
    torch.distributions.Distribution.set_default_validate_args(False)  # there are no values to validate
    for module, name in (
        (torch, "compile"),
        (torch.jit, "script"),
        (torch.jit, "script_if_tracing"),
        (torch.jit, "trace"),
        (torch.jit, "script_method"),
    ):
        setattr(module, name, functools.wraps(getattr(module, name))(functools.partial(_transparent)))
    torch.jit.ScriptModule = _Scripted  # type: ignore[misc,assignment]
    _call_without_compiler()
    torch.Tensor.tolist = _tolist(recorder, torch.Tensor.tolist)  # type: ignore[method-assign]
    torch.Tensor.type = _type(torch.Tensor.type)  # type: ignore[method-assign]
    torch.Tensor.numpy = _numpy(torch.Tensor.numpy)  # type: ignore[method-assign]
    torch.Tensor.__array__ = _numpy(torch.Tensor.__array__)  # type: ignore[method-assign]
    torch.Tensor.__deepcopy__ = _deepcopy(torch.Tensor.__deepcopy__)  # type: ignore[method-assign]
    torch.Tensor.data = _data(torch.Tensor.data)  # type: ignore[assignment]
    if torch.distributed.is_available():
        torch.distributed.get_rank = _alone(torch.distributed.get_rank, 0)  # type: ignore[assignment]
        torch.distributed.get_world_size = _alone(torch.distributed.get_world_size, 1)  # type: ignore[assignment]
        for name in ("all_reduce", "broadcast", "barrier", "reduce"):
            setattr(torch.distributed, name, _alone(getattr(torch.distributed, name), None))
        torch.distributed.all_gather = _gathered(torch.distributed.all_gather)  # type: ignore[assignment]
    torch.autocast.__init__ = _autocast(torch.autocast.__init__)  # type: ignore[method-assign]


def _untouched(original: Callable[..., Any]) -> Callable[..., Any]:
    """A weight without data needs no initial values."""

    @functools.wraps(original)
    def initialise(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        return tensor if is_meta(tensor) else original(tensor, *args, **kwargs)

    return initialise


def _transparent(obj: Any = None, *_: object, **__: object) -> Any:
    """Stands for `torch.compile(model)` and for `@torch.compile(mode=...)`."""
    return (lambda inner: inner) if obj is None else obj


class _Scripted(torch.nn.Module):
    """Stands for a class to inherit from whose methods would be compiled."""


def _alone(original: Callable[..., Any], result: Any) -> Callable[..., Any]:
    """Without a process group, the process is the only one: a number of it, or what a collective does with one tensor."""

    @functools.wraps(original)
    def asked(*args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs) if torch.distributed.is_initialized() else result

    return asked


def _gathered(original: Callable[..., Any]) -> Callable[..., Any]:
    """Without a process group, what is gathered is the own tensor."""

    @functools.wraps(original)
    def all_gather(tensor_list: list[torch.Tensor], tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if torch.distributed.is_initialized():
            return original(tensor_list, tensor, *args, **kwargs)
        tensor_list[:] = [tensor] * len(tensor_list)
        return None

    return all_gather


def _tolist(recorder: Recorder, original: Callable[[torch.Tensor], Any]) -> Callable[[torch.Tensor], Any]:
    """The values of a meta tensor are assumed, all alike."""

    @functools.wraps(original)
    def tolist(tensor: torch.Tensor) -> Any:
        if tensor.device.type != "meta":
            return original(tensor)
        return _nested(tuple(tensor.shape), recorder.values.scalar(tensor))

    return tolist


def _call_without_compiler() -> None:
    """Meta kernels written in Python import torch._dynamo when first called, to be left alone by it: a second for nothing."""
    outer: Any = getattr(torch, "_disable_dynamo", None)
    constants = outer.__code__.co_consts if isinstance(outer, types.FunctionType) else ()
    for code in constants:
        wrappers = gc.get_referrers(code) if isinstance(code, types.CodeType) else []
        for wrapper in wrappers:
            if isinstance(wrapper, types.FunctionType) and wrapper.__closure__:
                kernel = dict(zip(code.co_freevars, wrapper.__closure__))["fn"].cell_contents  # noqa: B905 (Python 3.10)
                kernel.__dynamo_disable = kernel


def _nested(shape: tuple[int, ...], value: Any) -> Any:
    return [_nested(shape[1:], value) for _ in range(shape[0])] if shape else value


def _type(original: Callable[..., Any]) -> Callable[..., Any]:
    """The name of a meta tensor's type is that of the type on the host: code converts other tensors to it."""

    @functools.wraps(original)
    def named(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        found = original(tensor, *args, **kwargs)
        return found.replace("torch.meta.", "torch.") if isinstance(found, str) else found

    return named


def _numpy(original: Callable[..., Any]) -> Callable[..., Any]:
    """A meta tensor's array is zeros."""

    @functools.wraps(original)
    def numpy(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if tensor.device.type == "meta":
            tensor = torch.zeros(tensor.shape, dtype=tensor.dtype, device="cpu")
        return original(tensor, *args, **kwargs)

    return numpy


def _deepcopy(original: Callable[[torch.Tensor, Any], torch.Tensor]) -> Callable[[torch.Tensor, Any], torch.Tensor]:
    """A copy of a real tensor is filled in after it was made empty: that one is not to become meta."""

    @functools.wraps(original)
    def deepcopy(tensor: torch.Tensor, memo: Any) -> torch.Tensor:
        if is_meta(tensor):
            return original(tensor, memo)
        with torch._C._DisableTorchDispatch():
            return original(tensor, memo)

    return deepcopy


def _data(original: Any) -> property:
    """`weight.data = kernel` for a weight without data and a kernel with, or the other way round."""

    def set_data(tensor: torch.Tensor, value: torch.Tensor) -> None:
        if is_meta(tensor) and not is_meta(value):
            value = to_meta((value,), {})[0][0]
        elif is_meta(value) and not is_meta(tensor):
            value = torch.zeros(value.shape, dtype=value.dtype, device="cpu")
        original.__set__(tensor, value)

    return property(original.__get__, set_data)


def _autocast(original: Callable[..., None]) -> Callable[..., None]:
    """`torch.autocast(x.device.type)` meets the device type meta, which has no autocast; it is not followed anyway."""

    @functools.wraps(original)
    def init(self: Any, device_type: str, *args: Any, **kwargs: Any) -> None:
        if args[1] if len(args) > 1 else kwargs.get("enabled", True):
            without.note(_AUTOCAST, _AUTOCAST_WORDS)
        if device_type == "meta":
            device_type, args, kwargs = "cpu", (), {**kwargs, "enabled": False}
        original(self, device_type, *args, **kwargs)

    return init
