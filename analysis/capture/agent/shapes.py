"""Result shapes of operators whose meta kernels PyTorch writes in Python, step by step: half of a capture would be theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

Args = tuple[Any, ...]
_META = torch.device("meta")
# What PyTorch says on a CPU; without data, newer ones only say that channels are invalid.
_OTHER_CHANNELS = (
    "Given groups={}, weight of size {}, expected input{} to have {} channels, but got {} channels instead"
)


def _like(data: torch.Tensor) -> torch.Tensor:
    """A new tensor of the shape, type and layout of another."""
    if data.is_contiguous():
        return torch.empty(data.shape, dtype=data.dtype, device=_META)
    return torch.empty_like(data, device=_META)


def _batch_norm(args: Args) -> object:
    """`(input, weight, bias, running_mean, running_var, training, momentum, eps)`; in training PyTorch does it itself."""
    if args[5]:
        return None
    none = (torch.empty((0,), dtype=args[0].dtype, device=_META) for _ in range(2))
    return (_like(args[0]), *none)


def _layer_norm(args: Args) -> object:
    """`(input, normalized_shape, weight, bias, eps)` → result, mean and reciprocal deviation of each row."""
    data, normalized = args[0], len(args[1])
    if tuple(data.shape[-normalized:]) != tuple(args[1]):
        return None
    kept = (*data.shape[:-normalized], *(1,) * normalized)
    statistics = (torch.empty(kept, dtype=data.dtype, device=_META) for _ in range(2))
    return (torch.empty(data.shape, dtype=data.dtype, device=_META), *statistics)


def _group_norm(args: Args) -> object:
    """`(input, weight, bias, N, C, HxW, group, eps)` → result, mean and reciprocal deviation of each group."""
    data, samples, groups = args[0], args[3], args[6]
    statistics = (torch.empty((samples, groups), dtype=data.dtype, device=_META) for _ in range(2))
    return (_like(data), *statistics)


def _convolution(args: Args) -> object:
    """`(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups)`, batched and not transposed; images
    in the order of channels-last where the input or the weights have it."""
    data, weight, _, stride, padding, dilation, transposed, _, groups = args
    dims = weight.dim() - 2
    if not transposed and data.dim() == dims + 2 and data.shape[1] != weight.shape[1] * groups:
        wanted, shapes = weight.shape[1] * groups, (list(weight.shape), list(data.shape))
        raise RuntimeError(_OTHER_CHANNELS.format(groups, *shapes, wanted, data.shape[1]))
    last = dims == 2 and (_channels_last(data) or _channels_last(weight))
    if (
        transposed or data.dim() != dims + 2 or data.dtype != weight.dtype
        or weight.shape[0] % groups or not (last or (data.is_contiguous() and weight.is_contiguous()))
    ):  # fmt: skip
        return None
    sizes: list[int] = []
    for index in range(dims):
        step, pad, spread = (values[index % len(values)] for values in (stride, padding, dilation))
        free = data.shape[index + 2] + 2 * pad - spread * (weight.shape[index + 2] - 1) - 1
        if free < 0 or step < 1:
            return None
        sizes.append(free // step + 1)
    form = torch.channels_last if last else torch.contiguous_format
    return torch.empty((data.shape[0], weight.shape[0], *sizes), dtype=data.dtype, device=_META, memory_format=form)


def _channels_last(data: torch.Tensor) -> bool:
    """Whether PyTorch takes the strides of images or of their weights as channels-last (`is_channels_last_strides_2d` of
    MemoryFormat.h): then its kernels on processors and GPUs give such a result, which its meta kernels do not."""
    if data.dim() != 4 or data.stride(1) == 0:
        return False
    least = 0
    for dim in (1, 3, 2, 0):
        size, stride = data.shape[dim], data.stride(dim)
        if size == 0 or stride < least or (dim == 0 and least == data.stride(1)):
            return False
        least = stride * size
    return True


def _matrix_product(args: Args) -> object:
    """`(left, right)` of two dimensions."""
    left, right = args
    if left.shape[1] != right.shape[0] or left.dtype != right.dtype:
        return None
    return torch.empty((left.shape[0], right.shape[1]), dtype=left.dtype, device=_META)


def _matrix_product_and_row(args: Args) -> object:
    """`(row, left, right)`: a row added to each row of a product."""
    row, left, right = args
    if tuple(row.shape) != (right.shape[1],) or row.dtype != left.dtype:
        return None
    return _matrix_product((left, right))


def _matrix_products(args: Args) -> object:
    """`(left, right)` of three dimensions."""
    left, right = args
    if left.shape[0] != right.shape[0] or left.shape[2] != right.shape[1] or left.dtype != right.dtype:
        return None
    return torch.empty((left.shape[0], left.shape[1], right.shape[2]), dtype=left.dtype, device=_META)


def _same(args: Args) -> object:
    """A floating-point activation: a result like its input."""
    return _like(args[0]) if args[0].is_floating_point() else None


def _of_two(args: Args) -> object:
    """`x + y` for floating-point tensors alike, or a tensor and a number."""
    left, right = args[0], args[1]
    if not isinstance(left, torch.Tensor) or not left.is_floating_point() or not left.is_contiguous():
        return None
    if isinstance(right, torch.Tensor):
        alike = right.shape == left.shape and right.dtype == left.dtype and right.is_contiguous()
        return _like(left) if alike else None
    return None if isinstance(right, complex) else _like(left)


def _in_place(args: Args) -> object:
    """A floating-point tensor changed in place by itself or by a number."""
    return args[0] if args[0].is_floating_point() else None


def _in_place_of_two(args: Args) -> object:
    """`x += y` for tensors of one shape and type."""
    left, right = args[0], args[1]
    if isinstance(right, torch.Tensor) and right.shape == left.shape and right.dtype == left.dtype:
        return left
    return None


def _mean(args: Args) -> object:
    """`(input, dims, keepdim)` of a floating-point tensor; over all of it where no dimensions are given, PyTorch does it."""
    data, dims, keep = args[0], args[1] if len(args) > 1 else None, len(args) > 2 and args[2]
    if (
        not dims
        or not data.is_floating_point()
        or not data.dim()
        or any(not -data.dim() <= dim < data.dim() for dim in dims)
    ):
        return None
    reduced = {dim % data.dim() for dim in dims}
    if len(reduced) < len(dims):
        return None
    sizes = [1 if index in reduced else size for index, size in enumerate(data.shape) if keep or index not in reduced]
    return torch.empty(sizes, dtype=data.dtype, device=_META)


_ACTIVATIONS = ("relu", "hardtanh", "silu", "sigmoid", "tanh", "gelu", "hardswish", "hardsigmoid", "leaky_relu", "elu")

# Base name → the result for positional arguments on meta, or None where PyTorch must do it.
KNOWN: dict[str, Callable[[Args], object]] = {
    "native_batch_norm": _batch_norm,
    "native_layer_norm": _layer_norm,
    "native_group_norm": _group_norm,
    "convolution": _convolution,
    "mm": _matrix_product,
    "addmm": _matrix_product_and_row,
    "bmm": _matrix_products,
    "mean": _mean,
    **dict.fromkeys(_ACTIVATIONS, _same),
    **dict.fromkeys(("add", "sub", "mul", "div"), _of_two),
    **{f"{name}_": _in_place for name in _ACTIVATIONS},
    **dict.fromkeys(("fill_", "zero_"), _in_place),
    **dict.fromkeys(("add_", "mul_"), _in_place_of_two),
}
