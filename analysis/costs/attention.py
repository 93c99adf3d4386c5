"""Scaled dot-product attention: fused kernels keep the score matrix on chip, PyTorch's math path writes it to memory."""

from __future__ import annotations

from math import prod

from .registry import Context, Cost, Gemm, costs

_SOFTMAX_OPERATIONS = 5  # maximum, subtract, exponential, sum, divide


@costs("scaled_dot_product_attention")
def attention(context: Context) -> Cost:
    """Two products a head: scores (L × E by E × S) and values (L × S by S × Ev). Masked-out pairs of a causal mask count:
    `torch.utils.flop_counter` counts them too."""
    query, key, value = (context.tensor(name) for name in ("query", "key", "value"))
    if query is None or key is None or value is None:
        return context.cost("attention")
    heads = prod(query.shape[:-2])
    length, size = query.shape[-2:]
    sources, value_size = key.shape[-2], value.shape[-1]
    macs = heads * length * sources * (size + value_size)
    scores = heads * length * sources
    gemm = Gemm(heads, length, sources, size + value_size)
    reads, writes = context.reads(), context.writes()
    # What goes to memory and comes back: the scores, their softmax, and between them the masked scores.
    passes = 3 if context.tensor("attn_mask") is not None else 2
    traffic = passes * scores * next(iter(context.operator.integers("score_width")), 0)
    reads[query.id] += traffic
    writes[context.outputs[0].id] += traffic
    work = (1 + _SOFTMAX_OPERATIONS) * scores
    return context.cost("attention", macs=macs, gemm=gemm, elementwise=work, reads=reads, writes=writes)
