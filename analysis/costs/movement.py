"""Operators that only move data: copies, concatenations, gathers, fills."""

from __future__ import annotations

from .registry import Context, Cost, costs


@costs("cat", "stack", "clone", "copy", "contiguous", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d",
       "replication_pad2d", "roll", "flip", "repeat", "tril", "triu", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle",
       "im2col", "col2im", "slice_scatter", "select_scatter", "repeat_interleave", "lift_fresh_copy", "unfold_copy",
       "rot90", "tile", "meshgrid", "pack_padded_sequence", "pad_packed_sequence", "reflection_pad3d", "replication_pad1d",
       "replication_pad3d", "diagonal_scatter", "block_diag")  # fmt: skip
def copy(context: Context) -> Cost:
    """Reads its inputs and writes its result."""
    reads = context.reads()
    if context.operator.kind == "copy" and context.operator.inputs:
        reads.pop(context.operator.inputs[0], None)
    return context.cost("movement", reads=reads)


@costs("embedding", "index_select", "gather", "index", "take", "take_along_dim")
def gather(context: Context) -> Cost:
    """Reads as many elements of the table as it writes, and the indices."""
    reads = context.reads()
    table = context.inputs[0]
    reads[table.id] = min(table.elements, context.output_elements)
    return context.cost("movement", reads=reads)


@costs(
    "scatter", "scatter_add", "index_put", "index_add", "masked_scatter", "index_copy", "scatter_reduce", "index_fill"
)
def scatter(context: Context) -> Cost:
    """Reads and writes its target, reads the values and indices."""
    return context.cost("movement", elementwise=sum(t.elements for t in context.inputs[-1:]))


@costs("arange", "zeros", "ones", "full", "fill", "zero", "zeros_like", "ones_like", "full_like", "new_zeros", "new_ones",
       "new_full", "scalar_tensor", "linspace", "eye", "rand", "randn", "rand_like", "randn_like", "randint", "normal",
       "bernoulli", "exponential", "log_normal", "cauchy", "geometric", "random", "one_hot", "tril_indices", "triu_indices",
       "randperm", "uniform", "empty")  # fmt: skip
def fill(context: Context) -> Cost:
    """Writes only."""
    return context.cost("movement", reads={})


@costs("local_scalar_dense", "equal", "assert_async")
def inspect(context: Context) -> Cost:
    """Reads its input and writes what it found: one comparison an element."""
    return context.cost("movement", elementwise=context.input_elements)


@costs("searchsorted", "bucketize")
def search(context: Context) -> Cost:
    """Halves the sorted row until a value's place is found: log₂ n comparisons a value."""
    row = context.tensor("sorted_sequence") or context.tensor("boundaries")
    halvings = max(1, row.shape[-1]).bit_length() if row is not None and row.shape else 1
    return context.cost("movement", elementwise=context.output_elements * halvings)
