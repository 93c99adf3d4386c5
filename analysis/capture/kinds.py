"""Names of the field for PyTorch's internal operators: `addmm` on a weight is a linear layer, `hardtanh(0, 6)` is ReLU6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..graph import Tensor

_NAMES: Mapping[str, str] = {
    "native_batch_norm": "batch_norm",
    "native_batch_norm_legit_no_training": "batch_norm",
    "native_batch_norm_legit": "batch_norm",
    "batch_norm_with_update": "batch_norm",
    "cudnn_batch_norm": "batch_norm",
    "native_layer_norm": "layer_norm",
    "native_group_norm": "group_norm",
    "fused_rms_norm": "rms_norm",
    "max_pool1d_with_indices": "max_pool1d",
    "max_pool2d_with_indices": "max_pool2d",
    "max_pool3d_with_indices": "max_pool3d",
    "baddbmm": "matmul",
    "addbmm": "matmul",
    "int_mm": "matmul",
    "bmm": "matmul",
    "dot": "matmul",
    "vdot": "matmul",
    "mv": "matmul",
    "addmv": "matmul",
    "unsafe_view": "view",
    "reshape_alias": "view",
    "to_copy": "cast",
    "native_dropout": "dropout",
}
_WEIGHT_ARGUMENTS: Mapping[str, str] = {"addmm": "mat2", "mm": "mat2", "linear": "weight", "addmm_activation": "mat2"}


def kind_of(base: str, inputs: Mapping[str, Tensor], attributes: Mapping[str, object]) -> str:
    """The kind of operator, given its base name, its tensors by argument and its other arguments."""
    name = base if base.startswith("__") else base.strip("_")
    if name in _WEIGHT_ARGUMENTS:
        weight = inputs.get(_WEIGHT_ARGUMENTS[name])
        return "linear" if weight is not None and weight.is_weight else "matmul"
    if name in ("convolution", "convolution_overrideable"):
        weight = inputs.get("weight")
        dimensions = len(weight.shape) - 2 if weight is not None else 2
        return f"conv{'_transpose' if attributes.get('transposed') else ''}{dimensions}d"
    if name == "hardtanh":
        return (
            "relu6" if (attributes.get("min_val", -1), attributes.get("max_val", 1)) in ((0, 6), (0.0, 6.0)) else name
        )
    return _NAMES.get(name, name)


def names_of(kinds: Sequence[str], modules: Sequence[str], calls: Sequence[int], views: Sequence[bool]) -> list[str]:
    """Readable unique names: the module's path where the module runs one operator, else path and kind, `#2` on repeats."""
    own: dict[int, int] = {}
    for call, view in zip(calls, views, strict=True):
        own[call] = own.get(call, 0) + (not view)
    seen: dict[str, int] = {}
    names: list[str] = []
    for kind, module, call, view in zip(kinds, modules, calls, views, strict=True):
        alone = module and own[call] == 1 and not view
        name = module if alone else f"{module}.{kind}" if module else kind
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names
