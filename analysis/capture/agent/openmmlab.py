"""What models of the OpenMMLab take from mmcv and mmengine, for where these are not installed: layers by their descriptions.

After the documentation of mmcv 1.7 and 2.1, https://mmcv.readthedocs.io/en/latest/understand_mmcv/cnn.html. Operators in C++ and
CUDA (`mmcv.ops`), runners and data are not among them.
"""

from __future__ import annotations

import inspect
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional

import torch
from torch import nn

from .signature import taken_by

Description = Optional[Mapping[str, Any]]  # noqa: UP045 (Python 3.10)

_PACKAGES = ("mmcv", "mmengine")
_CONVOLUTIONS = {
    "Conv": nn.Conv2d, "Conv1d": nn.Conv1d, "Conv2d": nn.Conv2d, "Conv3d": nn.Conv3d, "Conv2dAdaptivePadding": nn.Conv2d,
}  # fmt: skip
_TRANSPOSED = {"deconv": nn.ConvTranspose2d, "deconv3d": nn.ConvTranspose3d}
_NORMS: dict[str, tuple[str, type[nn.Module]]] = {
    "BN": ("bn", nn.BatchNorm2d), "BN1d": ("bn", nn.BatchNorm1d), "BN2d": ("bn", nn.BatchNorm2d), "BN3d": ("bn", nn.BatchNorm3d),
    "SyncBN": ("bn", nn.BatchNorm2d), "GN": ("gn", nn.GroupNorm), "LN": ("ln", nn.LayerNorm), "IN": ("in", nn.InstanceNorm2d),
    "IN1d": ("in", nn.InstanceNorm1d), "IN2d": ("in", nn.InstanceNorm2d), "IN3d": ("in", nn.InstanceNorm3d),
}  # fmt: skip
_ACTIVATIONS = {"Swish": "SiLU", "HSwish": "Hardswish", "HSigmoid": "Hardsigmoid"}
_NO_INPLACE = frozenset("Tanh PReLU Sigmoid HSigmoid Swish GELU".split())
_PADDINGS = {"zero": nn.ZeroPad2d, "reflect": nn.ReflectionPad2d, "replicate": nn.ReplicationPad2d}
_RELU = {"type": "ReLU"}


def _split(described: Description, default: str) -> tuple[Any, dict[str, Any]]:
    given = dict(described or {})
    return given.pop("type", default), given


def build_conv_layer(cfg: Description, *args: Any, **kwargs: Any) -> nn.Module:
    """A convolution, of two dimensions where nothing is said."""
    kind, rest = _split(cfg, "Conv2d")
    layer = kind if isinstance(kind, type) else _CONVOLUTIONS[kind]
    return layer(*args, **kwargs, **rest)


def build_norm_layer(cfg: Description, num_features: int, postfix: int | str = "") -> tuple[str, nn.Module]:
    """`("bn1", BatchNorm2d(num_features))`."""
    kind, rest = _split(cfg, "BN")
    name, layer = _NORMS[kind] if kind in _NORMS else (kind.__name__.lower(), kind)
    rest.pop("requires_grad", None)
    given = taken_by(layer, rest)
    made = layer(num_channels=num_features, **given) if layer is nn.GroupNorm else layer(num_features, **given)
    return f"{name}{postfix}", made


def build_activation_layer(cfg: Description) -> nn.Module:
    """An activation of `torch.nn`, some by other names."""
    kind, rest = _split(cfg, "ReLU")
    layer: Any = kind if isinstance(kind, type) else getattr(nn, _ACTIVATIONS.get(kind, str(kind)))
    return layer(**taken_by(layer, rest))


def build_upsample_layer(cfg: Description, *args: Any, **kwargs: Any) -> nn.Module:
    """Interpolation, or a transposed convolution."""
    kind, rest = _split(cfg, "nearest")
    if kind in _TRANSPOSED:
        return _TRANSPOSED[kind](*args, **kwargs, **rest)
    return nn.Upsample(*args, **{**kwargs, **rest, "mode": kind})


def build_padding_layer(cfg: Description, *args: Any, **kwargs: Any) -> nn.Module:
    """Zeros, reflected or repeated."""
    kind, rest = _split(cfg, "zero")
    return _PADDINGS[kind](*args, **kwargs, **rest)


def build_dropout(cfg: Description, *_: Any) -> nn.Module:
    """Dropout; one that leaves out whole paths does nothing in inference."""
    kind, rest = _split(cfg, "Dropout")
    return nn.Dropout(rest.get("drop_prob", 0.5)) if kind == "Dropout" else nn.Identity()


class BaseModule(nn.Module):
    """A module that keeps how its weights are to be made."""

    def __init__(self, init_cfg: object = None, **_: object) -> None:
        super().__init__()
        self.init_cfg = init_cfg

    def init_weights(self) -> None:
        """There are no weights."""


class Sequential(nn.Sequential):
    """A sequence of modules."""

    def __init__(self, *args: Any, init_cfg: object = None) -> None:
        super().__init__(*args)
        self.init_cfg = init_cfg


class ModuleList(nn.ModuleList):
    """A list of modules."""

    def __init__(self, modules: Any = None, init_cfg: object = None) -> None:
        super().__init__(modules)
        self.init_cfg = init_cfg


class ConvModule(nn.Module):
    """Convolution, norm and activation, in an order."""

    stands_for = "ConvModule"

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        groups: int = 1, bias: Any = "auto", conv_cfg: Description = None, norm_cfg: Description = None,
        act_cfg: Description = _RELU, inplace: bool = True, with_spectral_norm: bool = False, padding_mode: str = "zeros",
        order: Sequence[str] = ("conv", "norm", "act"), **_: object,
    ) -> None:  # fmt: skip
        super().__init__()
        self.order, self.norm_cfg, self.act_cfg = tuple(order), norm_cfg, act_cfg
        self.with_norm, self.with_activation = norm_cfg is not None, act_cfg is not None
        self.with_bias = not self.with_norm if bias == "auto" else bool(bias)
        self.with_explicit_padding = padding_mode not in ("zeros", "circular")
        own = {} if self.with_explicit_padding else {"padding_mode": padding_mode}
        if self.with_explicit_padding:
            self.padding_layer = build_padding_layer({"type": padding_mode}, padding)
        self.conv = build_conv_layer(
            conv_cfg, in_channels, out_channels, kernel_size, stride=stride, dilation=dilation, groups=groups,
            padding=0 if self.with_explicit_padding else padding, bias=self.with_bias, **own,
        )  # fmt: skip
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride, self.padding = self.conv.kernel_size, self.conv.stride, padding
        if self.with_norm:
            before = self.order.index("norm") < self.order.index("conv")
            self.norm_name, norm = build_norm_layer(norm_cfg, in_channels if before else out_channels)
            self.add_module(self.norm_name, norm)
        else:
            self.norm_name = ""
        if act_cfg is not None:
            extra = {} if act_cfg["type"] in _NO_INPLACE else {"inplace": inplace}
            self.activate = build_activation_layer({**extra, **act_cfg})

    @property
    def norm(self) -> nn.Module | None:
        """The norm, if there is one."""
        return getattr(self, self.norm_name) if self.norm_name else None

    def forward(self, x: torch.Tensor, activate: bool = True, norm: bool = True) -> torch.Tensor:
        """In the order that was asked for."""
        for step in self.order:
            if step == "conv":
                x = self.conv(self.padding_layer(x) if self.with_explicit_padding else x)
            elif step == "norm" and norm and self.norm is not None:
                x = self.norm(x)
            elif step == "act" and activate and self.with_activation:
                x = self.activate(x)
        return x


class DepthwiseSeparableConvModule(nn.Module):
    """A depthwise convolution and one of 1×1, each with norm and activation."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
        norm_cfg: Description = None, act_cfg: Description = _RELU, dw_norm_cfg: Any = "default", dw_act_cfg: Any = "default",
        pw_norm_cfg: Any = "default", pw_act_cfg: Any = "default", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        norms = [norm_cfg if given == "default" else given for given in (dw_norm_cfg, pw_norm_cfg)]
        acts = [act_cfg if given == "default" else given for given in (dw_act_cfg, pw_act_cfg)]
        self.depthwise_conv = ConvModule(
            in_channels, in_channels, kernel_size, stride, padding, dilation, in_channels, norm_cfg=norms[0], act_cfg=acts[0],
            **kwargs,
        )  # fmt: skip
        self.pointwise_conv = ConvModule(in_channels, out_channels, 1, norm_cfg=norms[1], act_cfg=acts[1], **kwargs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One after the other."""
        return self.pointwise_conv(self.depthwise_conv(x))


class FFN(nn.Module):
    """Linear layers with activations between them, and what was there before added."""

    def __init__(
        self, embed_dims: int = 256, feedforward_channels: int = 1024, num_fcs: int = 2, act_cfg: Description = _RELU,
        ffn_drop: float = 0.0, dropout_layer: Description = None, add_identity: bool = True, **_: object,
    ) -> None:  # fmt: skip
        super().__init__()
        self.embed_dims, self.add_identity = embed_dims, add_identity
        widths = [embed_dims, *[feedforward_channels] * (num_fcs - 1)]
        layers: list[nn.Module] = [
            nn.Sequential(nn.Linear(before, after), build_activation_layer(act_cfg), nn.Dropout(ffn_drop))
            for before, after in itertools.pairwise(widths)
        ]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], embed_dims), nn.Dropout(ffn_drop))
        self.dropout_layer = build_dropout(dropout_layer) if dropout_layer else nn.Identity()

    def forward(self, x: torch.Tensor, identity: torch.Tensor | None = None) -> torch.Tensor:
        """With `identity` added, or what came in."""
        out = self.dropout_layer(self.layers(x))
        return out + (x if identity is None else identity) if self.add_identity else out


class Scale(nn.Module):
    """Multiplies by a number that is learnt."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(scale, dtype=torch.float))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x · scale`."""
        return x * self.scale


class Registry:
    """Classes by name, made from descriptions: `{"type": "ResNet", "depth": 50}`."""

    def __init__(self, name: str = "", *_: object, **__: object) -> None:
        self.name, self.scope, self.module_dict = name, name, dict[str, Any]()

    def register_module(self, name: Any = None, force: bool = False, module: Any = None) -> Any:
        """As a decorator, with or without a call; or the module itself."""
        if inspect.isclass(name) or inspect.isfunction(name):
            return self.register_module()(name)
        names = [name] if isinstance(name, str) else list(name or ())

        def register(made: Any) -> Any:
            self.module_dict.update(dict.fromkeys(names or [made.__name__], made))
            return made

        return register if module is None else register(module)

    def get(self, key: str) -> Any:
        """The class of a name, which may begin with a scope, or a layer that mmengine registers; None for none."""
        last = key.rpartition(".")[2]
        layer = (
            _NORMS[last][1]
            if last in _NORMS
            else _CONVOLUTIONS.get(last) or getattr(nn, _ACTIVATIONS.get(last, last), None)
        )
        return self.module_dict.get(key) or self.module_dict.get(last) or layer

    def build(self, cfg: Any, *_: object, default_args: Description = None, **__: object) -> Any:
        """What a description asks for."""
        return build_from_cfg(cfg, self, default_args)


def build_from_cfg(cfg: Mapping[str, Any], registry: Registry, default_args: Description = None) -> Any:
    """What a description asks for. Raises `KeyError` for a name that is not registered."""
    kind, rest = _split({**(default_args or {}), **cfg}, "")
    found = registry.get(kind) if isinstance(kind, str) else kind
    if found is None:
        raise KeyError(f"{kind} is not in the {registry.name} registry")
    return found(**rest)


def _nothing(*_: object, **__: object) -> None:
    """Weights are not initialised."""


_INITIALISERS = ("constant", "normal", "kaiming", "xavier", "uniform", "trunc_normal", "caffe2_xavier")
STAND_INS: dict[str, Callable[..., Any]] = {
    **{made.__name__: made for made in (
        build_conv_layer, build_norm_layer, build_activation_layer, build_upsample_layer, build_padding_layer, build_dropout,
        build_from_cfg, BaseModule, Sequential, ModuleList, ConvModule, DepthwiseSeparableConvModule, FFN, Scale, Registry,
    )},
    **{name: getattr(nn, name) for name in ("Linear", "Conv2d", "Conv3d", "ConvTranspose2d", "ConvTranspose3d", "MaxPool2d")},
    **{f"{name}_init": _nothing for name in _INITIALISERS},
    "initialize": _nothing, "update_init_info": _nothing,
    "bias_init_with_prob": lambda prior: -math.log((1 - prior) / prior),
    "DropPath": lambda *_, **__: nn.Identity(),
    "get_dist_info": lambda: (0, 1),
    "digit_version": lambda text, *_: tuple(map(int, re.findall(r"\d+", text.partition("+")[0]))),
    "to_2tuple": lambda x: tuple(x) if isinstance(x, (list, tuple)) else (x, x),
    "is_str": lambda x: isinstance(x, str),
    "is_list_of": lambda x, kind: isinstance(x, list) and all(isinstance(item, kind) for item in x),
    "is_tuple_of": lambda x, kind: isinstance(x, tuple) and all(isinstance(item, kind) for item in x),
}  # fmt: skip


def stand_in(name: str) -> Callable[..., Any] | None:
    """What stands for `mmcv.cnn.ConvModule`; None for what has no stand-in."""
    package, _, rest = name.partition(".")
    return STAND_INS.get(rest.rpartition(".")[2]) if package in _PACKAGES and not rest.startswith("ops") else None
