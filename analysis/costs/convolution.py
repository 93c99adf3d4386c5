"""Convolutions of any rank: dense, grouped, depthwise, dilated, transposed and deformable."""

from __future__ import annotations

from math import prod

from ..graph import Tensor
from .registry import Context, Cost, Gemm, costs


@costs("conv1d", "conv2d", "conv3d")
def convolution(context: Context) -> Cost:
    """As implicit GEMM per group: m = N·P·Q output positions, n = K/g output channels, k = taps·C/g."""
    weight, output = context.tensor("weight"), context.outputs[0]
    if weight is None:
        return context.cost("convolution")
    groups = _groups(context)
    out_channels, in_per_group, taps = weight.shape[0], weight.shape[1], prod(weight.shape[2:])
    positions = output.elements // max(1, out_channels)
    image = _image_of_3x3(context, weight, output) if groups == 1 else (0, 0)
    gemm = Gemm(1, positions, out_channels // groups, in_per_group * taps, taps, groups, *image)
    return context.cost("convolution", gemm=gemm, elementwise=_bias(context, output.elements))


@costs("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def transposed(context: Context) -> Cost:
    """Each input position is multiplied by the whole kernel: m = input positions, n = taps·K/g, k = C/g."""
    weight, source = context.tensor("weight"), context.tensor("input")
    if weight is None or source is None:
        return context.cost("convolution")
    groups = _groups(context)
    in_channels, out_per_group, taps = weight.shape[0], weight.shape[1], prod(weight.shape[2:])
    positions = source.elements // max(1, in_channels)
    gemm = Gemm(1, positions, out_per_group * taps, in_channels // groups, taps, groups)
    return context.cost("convolution", gemm=gemm, elementwise=_bias(context, context.output_elements))


@costs("deform_conv2d")
def deformable(context: Context) -> Cost:
    """A convolution whose inputs are bilinear samples: 8 operations each, for every position, tap and input channel."""
    weight, source, output = context.tensor("weight"), context.tensor("input"), context.outputs[0]
    if weight is None or source is None:
        return context.cost("convolution")
    groups = _groups(context)
    out_channels, in_per_group, taps = weight.shape[0], weight.shape[1], prod(weight.shape[2:])
    positions = output.elements // max(1, out_channels)
    gemm = Gemm(1, positions, out_channels // groups, in_per_group * taps, taps, groups)
    sampled = positions * taps * source.shape[1]
    return context.cost("convolution", gemm=gemm, elementwise=8 * sampled + _bias(context, output.elements))


def _groups(context: Context) -> int:
    return next(iter(context.operator.integers("groups")), 1) or 1


def _bias(context: Context, elements: int) -> int:
    return elements if context.operator.input("bias") is not None else 0


def _image_of_3x3(context: Context, weight: Tensor, output: Tensor) -> tuple[int, int]:
    """Height and width of what a 3×3 convolution makes of an image; 0 for others, and with strides or dilation."""
    steps = (*context.operator.integers("stride"), *context.operator.integers("dilation"))
    if weight.shape[2:] != (3, 3) or any(step != 1 for step in steps) or len(output.shape) != 4:
        return 0, 0
    return output.shape[2], output.shape[3]
