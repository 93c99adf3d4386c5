"""GP607: the keys and values that a decoder keeps take a large part of the memory."""

from __future__ import annotations

from collections.abc import Iterable

from ...graph import Graph
from ...report import units
from ..finding import Finding, Limits, Rule
from ..subject import Subject


def check(subject: Subject) -> Iterable[Finding]:
    """One finding a model, at the length and batch of its input."""
    found, device = subject.evaluation, subject.question.device
    capacity = device.memory.dram_size.si
    cache = found.memory.cache.at(subject.question.storage.bytes)
    if cache >= subject.limits.least_share * capacity:
        weights = found.memory.weights.at(subject.question.storage.bytes)
        message = (
            f"Generating at this length and batch keeps keys and values of {units.data(cache)}, "
            f"{units.percent(cache / capacity)} of the memory of {device.name}, beside {units.data(weights)} of weights. "
            f"{_advice(subject.graph)}"
        )
        yield subject.finding(message, subject.class_place)


def _advice(graph: Graph) -> str:
    """Fewer heads of keys and values help where there are as many as of queries."""
    attention = (o for o in graph.operators if o.kind == "scaled_dot_product_attention")
    heads = {(_heads(graph, o.input("query")), _heads(graph, o.input("key"))) for o in attention}
    if all(queries == keys for queries, keys in heads):
        return (
            "Heads of queries that share keys and values (grouped-query attention) or an 8-bit cache would shrink it."
        )
    return "An 8-bit cache or a window of attention would shrink it."


def _heads(graph: Graph, tensor: int | None) -> int:
    shape = graph.tensors[tensor].shape if tensor is not None else ()
    return shape[-3] if len(shape) > 2 else 1


RULE = Rule(
    code="GP607",
    name="kv-cache",
    summary="The keys and values that a decoder keeps to generate take a large part of the device's memory.",
    rationale=(
        "To generate the next token a decoder keeps the keys and values of all tokens before it, in every layer. They grow with "
        "length and batch, are read in full for every token, and are not in the memory of one run that is shown elsewhere."
    ),
    helps=("grouped-query attention, a cache in 8 bits, a window of attention, or paging; a smaller batch or length."),
    exceptions=(
        "counted are calls of `scaled_dot_product_attention` with `is_causal=True`; a causal mask that is given as a tensor is "
        "not told from others. A model that never generates keeps none."
    ),
    example="""
        from torch import nn
        from torch.nn import functional as F


        # graphperf: input=(128, 8192, 4096) precision=fp16 hardware=h100-sxm5-80gb
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.qkv = nn.Linear(4096, 3 * 4096)
                self.out = nn.Linear(4096, 4096)

            def forward(self, x):
                b, n, c = x.shape
                q, k, v = (t.view(b, n, 32, 128).transpose(1, 2) for t in self.qkv(x).chunk(3, dim=-1))
                x = F.scaled_dot_product_attention(q, k, v, is_causal=True)
                return self.out(x.transpose(1, 2).reshape(b, n, c))
    """,
    better="""
        from torch import nn
        from torch.nn import functional as F


        # graphperf: input=(128, 8192, 4096) precision=fp16 hardware=h100-sxm5-80gb
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.q = nn.Linear(4096, 4096)
                self.kv = nn.Linear(4096, 2 * 512)
                self.out = nn.Linear(4096, 4096)

            def forward(self, x):
                b, n, c = x.shape
                q = self.q(x).view(b, n, 32, 128).transpose(1, 2)
                k, v = (t.view(b, n, 4, 128).transpose(1, 2) for t in self.kv(x).chunk(2, dim=-1))
                x = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
                return self.out(x.transpose(1, 2).reshape(b, n, c))
    """,
    severity="information",
    on_device=check,
    limits=Limits(least_share=0.2),
)
