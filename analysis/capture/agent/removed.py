"""What PyTorch and NumPy have removed, by what they name in its place: older code runs as it did."""

from __future__ import annotations

import builtins
import collections.abc
import functools
import inspect
import math
import sys
import types
from collections.abc import Callable
from typing import Any

import torch

from . import without


def install() -> None:
    """Only for a process that ends after the capture."""
    for name, (instead, function) in _INSTEAD.items():
        if hasattr(torch, name):
            setattr(torch, name, _replaced(getattr(torch, name), name, instead, function))
    sys.modules.setdefault("torch._six", _six())
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.__getattr__ = _aliased(vars(numpy).get("__getattr__"))  # type: ignore[method-assign]


def _six() -> types.ModuleType:
    """What PyTorch had for Python 2 and 3 alike."""
    module = types.ModuleType("torch._six")
    vars(module).update(
        container_abcs=collections.abc,
        string_classes=(str, bytes),
        int_classes=int,
        inf=math.inf,
        nan=math.nan,
        PY3=True,
    )
    return module


class Addresses(dict[str, str]):
    """`torchvision.models.resnet.model_urls`, which older code takes addresses of weights from."""

    def __missing__(self, key: str) -> str:
        return f"https://download.pytorch.org/models/{key}.pth"


def had(name: str, module: str) -> Any:
    """What a library had under a name that it has no more; None for nothing that is known."""
    return Addresses() if name == "model_urls" and module.startswith("torchvision.models") else None


def complete() -> None:
    """What newer libraries expect of the code that is loaded now: of a model of transformers, to be finished after its
    construction by a method that older code does not call.
    """
    for name in [name for name in sys.modules if name.startswith("torchvision.models.")]:
        names: dict[str, Any] = getattr(sys.modules[name], "__dict__", {})  # None where an import is barred
        names.setdefault("model_urls", Addresses())
    models = getattr(sys.modules.get("transformers.modeling_utils"), "PreTrainedModel", None)
    if models is not None and not hasattr(models, "all_tied_weights_keys"):
        models.all_tied_weights_keys = {}
    for method in (get_head_mask, invert_attention_mask):
        if models is not None and not hasattr(models, method.__name__):
            setattr(models, method.__name__, method)

    tokenizers = getattr(sys.modules.get("transformers.tokenization_utils_base"), "PreTrainedTokenizerBase", None)
    if tokenizers is not None and not hasattr(tokenizers, "additional_special_tokens_ids"):
        tokenizers.additional_special_tokens_ids = property(_special_ids)

    blocks = sys.modules.get("timm.models.vision_transformer")
    for layer in (getattr(blocks, "Block", None), getattr(blocks, "Attention", None)):
        if layer is not None and "qk_scale" not in inspect.signature(layer.__init__).parameters:
            layer.__init__ = _without_scale(layer.__init__)

    for module, name in _BY_POSITION:
        function = getattr(sys.modules.get(module), name, None)
        if isinstance(function, types.FunctionType):
            accept_by_position(function)


def accept_by_position(function: types.FunctionType) -> None:
    """Lets arguments that a function now takes by keyword only be given by position too, as it did before."""
    code, named = function.__code__, function.__kwdefaults__ or {}
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    required = [name for name in keywords if name not in named]
    if keywords[: len(required)] == tuple(required) and not code.co_flags & inspect.CO_VARARGS:
        function.__defaults__ = (*(function.__defaults__ or ()), *(named[name] for name in keywords[len(required) :]))
        function.__kwdefaults__ = None
        function.__code__ = code.replace(co_argcount=code.co_argcount + len(keywords), co_kwonlyargcount=0)


def _without_scale(original: Callable[..., None]) -> Callable[..., None]:
    """A constructor of timm that had `qk_scale`, None in nearly all code."""

    @functools.wraps(original)
    def init(self: object, *args: Any, qk_scale: float | None = None, **kwargs: Any) -> None:
        if qk_scale is not None:
            raise TypeError("qk_scale is not in this version of timm")
        original(self, *args, **kwargs)

    return init


def _special_ids(tokenizer: Any) -> list[int]:
    """An attribute that tokenizers of transformers had: the numbers of the tokens that were added as special ones."""
    named = set(tokenizer.special_tokens_map.values())
    return [number for text, number in tokenizer.get_added_vocab().items() if text not in named] or [0]


def get_head_mask(_: object, head_mask: Any, num_hidden_layers: int, *__: object) -> Any:
    """A method that models of transformers had: nothing for each layer when no head is masked."""
    return [None] * num_hidden_layers if head_mask is None else head_mask


def invert_attention_mask(_: object, encoder_attention_mask: torch.Tensor) -> torch.Tensor:
    """A method that models of transformers had: 0 where the mask is 1, and else the least number there is."""
    mask = encoder_attention_mask
    wide = mask[:, None, :, :] if mask.dim() == 3 else mask[:, None, None, :]
    return (1.0 - wide.to(torch.float32)) * torch.finfo(torch.float32).min


def _aliased(original: Callable[[str], Any] | None) -> Callable[[str], Any]:
    """`numpy.int` and the like, which were Python's types; functions that have another name now."""

    def get(name: str) -> Any:
        if name in _ALIASES:
            without.assume(f"numpy.{name} is not in every NumPy: Python's {name} is taken")
            return getattr(builtins, name)
        if name in _RENAMED:
            without.assume(f"numpy.{name} is not in every NumPy: numpy.{_RENAMED[name]} is taken")
            return getattr(sys.modules["numpy"], _RENAMED[name])
        if original is None:
            raise AttributeError(f"module 'numpy' has no attribute {name!r}")
        return original(name)

    return get


def _qr(data: torch.Tensor, some: bool = True) -> Any:
    return torch.linalg.qr(data, "reduced" if some else "complete")


def _symeig(data: torch.Tensor, eigenvectors: bool = False, upper: bool = True) -> Any:
    side = "U" if upper else "L"
    return torch.linalg.eigh(data, side) if eigenvectors else (torch.linalg.eigvalsh(data, side), data.new_empty(0))


# https://numpy.org/doc/stable/numpy_2_0_migration_guide.html
_RENAMED = {
    "cumproduct": "cumprod",
    "product": "prod",
    "sometrue": "any",
    "alltrue": "all",
    "round_": "round",
    "row_stack": "vstack",
    "in1d": "isin",
    "trapz": "trapezoid",
    "float_": "float64",
    "complex_": "complex128",
    "unicode_": "str_",
    "NaN": "nan",
    "NAN": "nan",
    "Inf": "inf",
    "Infinity": "inf",
    "infty": "inf",
    "PINF": "inf",
}
# https://librosa.org/doc/0.10.0/changelog.html: "keyword-only arguments are enforced".
_BY_POSITION = (("librosa.util.utils", "pad_center"), ("librosa.filters", "mel"))
_ALIASES = ("int", "float", "bool", "object", "complex", "str")
_INSTEAD: dict[str, tuple[str, Callable[..., Any]]] = {
    "qr": ("torch.linalg.qr", _qr),
    "symeig": ("torch.linalg.eigh", _symeig),
}


def _replaced(
    original: Callable[..., Any], name: str, instead: str, function: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        message = f"torch.{name} is not in every PyTorch: {instead} runs in its place"
        without.note(message, message)
        return function(*args, **kwargs)

    return call
