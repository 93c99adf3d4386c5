"""Operators that only move data: copies, concatenations, gathers, fills."""

from __future__ import annotations

from .registry import Context, Cost, costs


@costs("cat", "stack", "clone", "copy", "contiguous", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d",
       "replication_pad2d", "roll", "flip", "repeat", "tril", "triu", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle",
       "im2col", "col2im", "slice_scatter", "select_scatter", "repeat_interleave", "lift_fresh_copy", "unfold_copy",
       "rot90", "tile", "meshgrid", "pack_padded_sequence", "pad_packed_sequence")  # fmt: skip
def copy(context: Context) -> Cost:
    """Reads its inputs and writes its result."""
    reads = context.reads()
    if context.operator.kind == "copy" and context.operator.inputs:
        reads.pop(context.operator.inputs[0], None)
    return context.cost("movement", reads=reads)


@costs("embedding", "index_select", "gather", "index", "take", "embedding_bag", "take_along_dim")
def gather(context: Context) -> Cost:
    """Reads as many elements of the table as it writes, and the indices."""
    reads = context.reads()
    table = context.inputs[0]
    reads[table.id] = min(table.elements, context.output_elements) if context.operator.kind != "embedding_bag" else (
        sum(t.elements for t in context.inputs[1:2]) * table.shape[-1]
    )  # fmt: skip
    return context.cost("movement", reads=reads)


@costs(
    "scatter", "scatter_add", "index_put", "index_add", "masked_scatter", "index_copy", "scatter_reduce", "index_fill"
)
def scatter(context: Context) -> Cost:
    """Reads and writes its target, reads the values and indices."""
    return context.cost("movement", elementwise=sum(t.elements for t in context.inputs[-1:]))


@costs("arange", "zeros", "ones", "full", "fill", "zero", "zeros_like", "ones_like", "full_like", "new_zeros", "new_ones",
       "new_full", "scalar_tensor", "linspace", "eye", "rand", "randn", "rand_like", "randn_like", "randint", "normal",
       "bernoulli", "one_hot", "tril_indices", "triu_indices", "randperm", "uniform", "empty")  # fmt: skip
def fill(context: Context) -> Cost:
    """Writes only."""
    return context.cost("movement", reads={})


@costs("local_scalar_dense", "equal", "nonzero", "masked_select", "unique2", "unique", "unique_consecutive", "unique_dim",
       "bincount", "histc", "assert_async")  # fmt: skip
def inspect(context: Context) -> Cost:
    """Reads its input and writes what it found: one comparison an element."""
    return context.cost("movement", elementwise=context.input_elements)


@costs("sort", "argsort", "topk", "kthvalue", "msort", "searchsorted", "bucketize")
def order(context: Context) -> Cost:
    """log₂ n comparisons an element of a row of n."""
    row = context.inputs[0].shape[-1] if context.inputs and context.inputs[0].shape else 1
    return context.cost("movement", elementwise=context.input_elements * max(1, row).bit_length())


@costs("nms")
def nms(context: Context) -> Cost:
    """Every pair of boxes is compared: about 16 operations for the overlap of two."""
    boxes = context.inputs[0].shape[0]
    return context.cost("movement", elementwise=16 * boxes * boxes // 2)


@costs("roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool")
def roi_align(context: Context) -> Cost:
    """Bilinear samples (8 operations each); `sampling_ratio`² of them a bin, 2² where it is adaptive."""
    ratio = next(iter(context.operator.integers("sampling_ratio")), 2)
    samples = context.output_elements * (ratio if ratio > 0 else 2) ** 2
    sampled = context.inputs[0]
    reads = {**context.reads(), sampled.id: min(sampled.elements, 4 * samples)}
    return context.cost("movement", elementwise=8 * samples, reads=reads)
