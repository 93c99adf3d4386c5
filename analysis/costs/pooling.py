"""Pooling, resampling and reductions."""

from __future__ import annotations

from math import prod

from .registry import Context, Cost, costs

_REDUCTIONS = ("mean", "sum", "amax", "amin", "max", "min", "argmax", "argmin", "var", "std", "var_mean", "std_mean", "prod",
               "logsumexp", "norm", "all", "any", "cumsum", "cumprod", "count_nonzero", "median", "mode", "aminmax")  # fmt: skip
_POOLS = ("max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d")
_ADAPTIVE = ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
             "adaptive_max_pool2d", "adaptive_max_pool3d")  # fmt: skip
_RESAMPLING = {"upsample_nearest1d": 1, "upsample_nearest2d": 1, "upsample_nearest3d": 1, "upsample_bilinear2d": 8,
               "upsample_bilinear2d_aa": 16, "upsample_linear1d": 4, "upsample_trilinear3d": 16, "upsample_bicubic2d": 40,
               "upsample_bicubic2d_aa": 60, "grid_sampler_2d": 12, "upsample_nearest_exact2d": 1}  # fmt: skip


@costs(*_REDUCTIONS)
def reduction(context: Context) -> Cost:
    """One operation an input element; two for a mean-and-variance pass."""
    passes = 3 if context.operator.kind.startswith(("var", "std")) else 1
    return context.cost("reduction", elementwise=passes * context.input_elements)


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
