"""Pooling, resampling and reductions."""

from __future__ import annotations

from math import prod

from .registry import Context, Cost, costs

_REDUCTIONS = ("mean", "sum", "amax", "amin", "max", "min", "argmax", "argmin", "var", "std", "var_mean", "std_mean", "prod",
               "logsumexp", "norm", "all", "any", "cumsum", "cumprod", "cummax", "cummin", "logcumsumexp", "count_nonzero",
               "aminmax")  # fmt: skip
# Operations an element: the difference or the logarithm, what is made of it, and the sum.
_LOSSES = {"mse_loss": 3, "smooth_l1_loss": 5, "huber_loss": 5, "binary_cross_entropy": 6, "soft_margin_loss": 4,
           "binary_cross_entropy_with_logits": 7, "multi_margin_loss": 4, "multilabel_margin_loss_forward": 4,
           "dist": 3}  # fmt: skip
_POOLS = ("max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d")
_ADAPTIVE = ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
             "adaptive_max_pool2d", "adaptive_max_pool3d")  # fmt: skip
_RESAMPLING = {"upsample_nearest1d": 1, "upsample_nearest2d": 1, "upsample_nearest3d": 1, "upsample_bilinear2d": 8,
               "upsample_bilinear2d_aa": 16, "upsample_linear1d": 4, "upsample_trilinear3d": 16, "upsample_bicubic2d": 40,
               "upsample_bicubic2d_aa": 60, "grid_sampler_2d": 12, "grid_sampler_3d": 24,
               "upsample_nearest_exact2d": 1}  # fmt: skip


@costs(*_REDUCTIONS)
def reduction(context: Context) -> Cost:
    """One operation an input element; two for a mean-and-variance pass."""
    passes = 3 if context.operator.kind.startswith(("var", "std")) else 1
    return context.cost("reduction", elementwise=passes * context.input_elements)


@costs(*_LOSSES)
def loss(context: Context) -> Cost:
    """Every element of the prediction is compared with its target."""
    return context.cost("reduction", elementwise=_LOSSES[context.operator.kind] * context.input_elements)


@costs("nll_loss_forward", "nll_loss2d_forward", "nll_loss_nd")
def picked_loss(context: Context) -> Cost:
    """Reads the one logarithm of each row that its target names."""
    logarithms, targets = context.inputs[0], context.inputs[1]
    reads = {**context.reads(), logarithms.id: min(logarithms.elements, targets.elements)}
    return context.cost("reduction", elementwise=targets.elements, reads=reads)


@costs(*_POOLS)
def pool(context: Context) -> Cost:
    """One operation a window element."""
    dimensions = int(context.operator.kind[-2])
    kernel = context.operator.integers("kernel_size") or (1,)
    window = prod(kernel * dimensions if len(kernel) == 1 else kernel)
    return context.cost("pool", elementwise=window * context.output_elements)


@costs(*_ADAPTIVE)
def adaptive_pool(context: Context) -> Cost:
    """Every input element is used once (more where windows overlap, which is rare)."""
    return context.cost("pool", elementwise=max(context.input_elements, context.output_elements))


@costs(*_RESAMPLING)
def resample(context: Context) -> Cost:
    """A fixed number of operations an output element: the taps of the interpolation and their weights."""
    return context.cost("pool", elementwise=_RESAMPLING[context.operator.kind] * context.output_elements)
